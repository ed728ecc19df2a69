"""The URL of a storage: which ones can be used, and how they are shown."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from tuner.errors import UserError
from tuner.passwords import mask_passwords

_EXAMPLE = "Give a URL such as sqlite:///runs/tuner.db or postgresql://user:***@host/database."
_BACKENDS = ("sqlite", "postgresql")


def parse_url(url: str) -> URL:
    """Return a storage's URL, parsed; PostgreSQL without a driver is reached through psycopg.

    Raises:
        UserError: for a bad URL, a kind of database that is not supported, or an SQLite database in memory, which
            would keep nothing.
    """
    shown = mask_passwords(url)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UserError(f"The storage '{shown}' is not a database URL. {_EXAMPLE}") from error
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in _BACKENDS:
        raise UserError(
            f"The storage '{shown}' names a kind of database that is not supported. Use SQLite or PostgreSQL. "
            f"{_EXAMPLE}"
        )
    if "@" in (parsed.host or ""):  # messages of the driver name the host, which would hold half a password
        raise UserError(f"The storage '{shown}' has an @ in its password. Write it as %40.")
    try:
        parsed.get_dialect()
    except NoSuchModuleError as error:
        raise UserError(f"The storage '{shown}' names an unknown driver. {_EXAMPLE}") from error
    except ImportError as error:
        raise missing_driver(parsed) from error
    if is_sqlite(parsed):
        _check_sqlite(parsed, shown)
    return parsed


def missing_driver(parsed: URL) -> UserError:
    """Build the error for a database whose driver is not installed."""
    shown = show(parsed)
    if parsed.get_backend_name() != "postgresql":
        return UserError(f"The storage {shown} needs a driver that is not installed ({parsed.drivername}).")
    install = "install it with: pip install 'sac-tuner[postgresql]'"
    if parsed.drivername == "postgresql+psycopg":
        return UserError(f"The storage {shown} needs the driver psycopg, which is not installed; {install}")
    advised = show(parsed.set(drivername="postgresql+psycopg"))
    return UserError(
        f"The storage {shown} needs a driver that is not installed ({parsed.drivername}). Write {advised} to use "
        f"psycopg; if it is missing, {install}"
    )


def show(parsed: URL) -> str:
    """Return a parsed URL without its password."""
    return mask_passwords(parsed.render_as_string(hide_password=True))


def shown_url(url: str | None) -> str:
    """Return the URL of a storage without its password."""
    return "in memory" if url is None else show(parse_url(url))


def is_sqlite(parsed: URL) -> bool:
    """Return whether a URL names an SQLite database."""
    return parsed.get_backend_name() == "sqlite"


def sqlite_file(url: str | None) -> Path | None:
    """Return the file of an SQLite storage; None for one in memory or on a server."""
    if url is None:
        return None
    parsed = make_url(url)
    if not is_sqlite(parsed) or _in_memory(parsed) or not parsed.database:
        return None
    return Path(parsed.database.removeprefix("file:"))


def _check_sqlite(parsed: URL, shown: str) -> None:
    if parsed.host:
        path = "/".join(part for part in (parsed.host, parsed.database) if part)
        raise UserError(f"The storage '{shown}' has two slashes before its path: write sqlite:///{path}")
    if _in_memory(parsed):
        raise UserError(
            f"The storage '{shown}' is in memory, so nothing of the study would be kept. Name a file, such as "
            "sqlite:///runs/tuner.db"
        )


def _in_memory(parsed: URL) -> bool:
    name = (parsed.database or "").removeprefix("file:")
    return name in ("", ":memory:") or parsed.query.get("mode") == "memory"
