"""Whether a program is a Python that can run the server's side; asked of the program itself."""

import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from tuner.errors import UserError
from tuner.simulators.server.server_side.messages import Connection, ConnectionLostError

_OLDEST = (3, 10)
"""The oldest Python that can run the server's side."""
_SECONDS = 60.0
"""How long an interpreter may take to start and to import NumPy: it may lie on a network drive."""
_LAST_WORDS_BYTES = 4096
_PROGRAM = """
import sys
sys.path = [folder for folder in sys.path if folder]
import json, os
found = {"python": list(sys.version_info[:3]), "numpy error": None, "simulator": None}
try:
    import numpy
except Exception:
    found["numpy error"] = "%s: %s" % (sys.exc_info()[0].__name__, sys.exc_info()[1])
try:
    from importlib.metadata import version
    found["simulator"] = version(sys.argv[2])
except Exception:
    pass
os.write(int(sys.argv[1]), (json.dumps(found) + "\\n").encode())
"""
"""Any Python runs it, so that an old one can say how old it is. It answers over a descriptor of its own: what wrappers
of simulators print to stdout does not matter."""


def probe(python: Path, package: str, *, seconds: float = _SECONDS) -> str | None:
    """Run an interpreter once, to see that it can run the server's side.

    Args:
        python: the interpreter.
        package: the simulator's package.
        seconds: how long it may take.

    Returns:
        The version of the package, None if it is not installed there.

    Raises:
        UserError: if it cannot be run, is no Python, is too old, or has no NumPy that can be imported.
    """
    if not python.exists():
        raise _unusable(python, "does not exist")
    if python.is_dir():
        raise _unusable(python, "is a folder")
    found = _answer(python, package, seconds)
    given, oldest = (".".join(map(str, version)) for version in (found["python"], _OLDEST))
    if tuple(found["python"]) < _OLDEST:
        raise _unusable(python, f"is Python {given}, and {oldest} or newer is needed")
    if found["numpy error"] is not None:
        raise _unusable(python, f"cannot import NumPy ({found['numpy error']})")
    version: str | None = found["simulator"]
    return version


def _answer(python: Path, package: str, seconds: float) -> dict[str, Any]:
    """Return what the program says of its interpreter."""
    ours, theirs = socket.socketpair()
    connection = Connection(ours)
    command = [str(python), "-c", _PROGRAM, str(theirs.fileno()), package]
    try:
        with TemporaryFile() as said, _started(command, theirs, said) as process:
            try:
                found = connection.receive(seconds)
            except ConnectionLostError:
                with suppress(subprocess.TimeoutExpired):
                    code = process.wait(seconds)
                    raise _unusable(python, f"is no Python: it exited with code {code}{_last_words(said)}") from None
                found = None
            finally:
                with suppress(ProcessLookupError, PermissionError):  # it has exited (macOS raises PermissionError)
                    os.killpg(process.pid, signal.SIGKILL)
    except OSError as error:
        raise _unusable(python, f"cannot be run ({error.strerror or error})") from error
    finally:
        connection.close()
    if found is None:
        raise _unusable(python, f"is no Python, or hangs: it has not answered within {seconds:g} s")
    return found


def _started(command: list[str], end: socket.socket, said: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start a program that writes to one end of a connection, which is closed here."""
    with end:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=said,
            pass_fds=(end.fileno(),),
            start_new_session=True,
        )


def _last_words(said: IO[bytes]) -> str:
    """Return the last line that a program wrote to stderr, for the end of a sentence."""
    said.seek(max(0, said.seek(0, os.SEEK_END) - _LAST_WORDS_BYTES))
    lines = [line.strip() for line in said.read().decode(errors="replace").splitlines()]
    return next((f", saying: {line}" for line in reversed(lines) if line), "")


def _unusable(python: Path, why: str) -> UserError:
    return UserError(
        f"The interpreter {python} cannot run the simulator: it {why}. Give the path of the Python that has the "
        "simulator and NumPy, such as /path/to/env/bin/python."
    )
