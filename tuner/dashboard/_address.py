"""Where the dashboard listens, who can reach it there, and under which names."""

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from tuner.errors import UserError
from tuner.resources import user_path

PASSWORD_VARIABLE = "TUNER_DASHBOARD_PASSWORD"
"""The environment variable with the password, used if no file is given."""

_SHORTEST = 8
"""Characters. Only the length of a password protects it against guessing over the network."""


def read_password(file: Path | None, environment: Mapping[str, str]) -> str | None:
    """Return the password that browsers must send; None if none was set.

    Args:
        file: has the password in its first line; takes precedence over the environment.
        environment: of this process.

    Raises:
        UserError: if the file cannot be read, or the password is shorter than eight characters.
    """
    if file is not None:
        password, source = _first_line(file), f"The password in {file}"
    elif PASSWORD_VARIABLE in environment:
        password, source = environment[PASSWORD_VARIABLE], f"The password in {PASSWORD_VARIABLE}"
    else:
        return None
    if len(password) < _SHORTEST:
        raise UserError(f"{source} has {len(password)} characters, but needs at least {_SHORTEST}.")
    return password


def _first_line(file: Path) -> str:
    try:
        lines = user_path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise UserError(f"Cannot read the password file {file}: {reason}.") from error
    return lines[0] if lines else ""


_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_LAST_PORT = 65535
PASSWORD_HINT = (
    "Set a password, in a file (--password-file FILE) or in the environment variable TUNER_DASHBOARD_PASSWORD, or "
    "leave --host out to serve this machine only."
)


@dataclass(frozen=True)
class Address:
    """A host and a port to listen on."""

    host: str
    """As the user wrote it, in lower case and without the brackets of an IPv6 address in a URL."""
    ip: str
    """The address to listen on."""
    port: int
    """0 lets the system choose a free one."""
    names: frozenset[str]
    """Names under which a browser may ask for this server: the host part of a URL, in lower case."""

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach it."""
        return ipaddress.ip_address(self.ip).is_loopback

    def url(self, port: int) -> str:
        """Return the server's URL, for people on this machine.

        Args:
            port: the port that it listens on.
        """
        listens_everywhere = ipaddress.ip_address(self.ip).is_unspecified
        return f"http://{socket.gethostname() if listens_everywhere else in_url(self.host)}:{port}"


def find_address(host: str, port: int) -> Address:
    """Look up a host.

    Args:
        host: a name or an IP address; `0.0.0.0` or `::` for every address of this machine.
        port: 0 to 65535.

    Raises:
        UserError: for a host that is not known, or a port that does not exist.
    """
    if not 0 <= port <= _LAST_PORT:
        raise UserError(f"The port is {port}, but must be between 1 and {_LAST_PORT}, or 0 for any free one.")
    host = host.strip().lower().removeprefix("[").removesuffix("]")
    unknown = f"The host '{host}' is not known. Leave --host out to serve this machine only, or give one of its names."
    if not host:
        raise UserError(unknown)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UserError(unknown) from error
    # IPv4 first: `localhost` has both, and older programs try IPv4 only.
    ips = [str(where[0]) for _, _, _, _, where in sorted(found, key=lambda entry: entry[0] is not socket.AF_INET)]
    return Address(host=host, ip=ips[0], port=port, names=_names(host, ips[0]))


def in_url(host: str) -> str:
    """Return a host as it is written in a URL: an IPv6 address in brackets, without its zone."""
    return f"[{host.partition('%')[0]}]" if ":" in host else host


def _names(host: str, ip: str) -> frozenset[str]:
    given = {in_url(host), in_url(ip)}
    address = ipaddress.ip_address(ip)
    if address.is_loopback:
        return _LOOPBACK_NAMES | given
    if not address.is_unspecified:
        return frozenset(given)
    interfaces = {
        in_url(entry.address).lower()
        for entries in psutil.net_if_addrs().values()
        for entry in entries
        if entry.family in (socket.AF_INET, socket.AF_INET6)
    }
    return _LOOPBACK_NAMES | interfaces | {socket.gethostname().lower()}
