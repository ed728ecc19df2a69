"""A PostgreSQL server of the test's own, in a folder, reached through a socket there."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

USER = "tester"
PASSWORD = "hunter2"


def binaries() -> Path | None:
    """Return the folder of the newest server that is installed; Debian keeps it off the path."""
    found = [Path(binary).parent for binary in [shutil.which("postgres")] if binary]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    return found[-1] if found else None


class Server:
    """A server that runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = count()

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"db{next(self._numbers)}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")  # type: ignore[call-overload]
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}:{PASSWORD}@/{database}?host={self.folder}"


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it and remove its files at the end; skip the test where none is installed."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short, as the path of a socket has to be
    data = folder / "data"
    (folder / "password").write_text(PASSWORD)
    other = {"user": "nobody", "group": "nogroup", "extra_groups": ()} if os.getuid() == 0 else {}
    if other:  # the server refuses to run as root
        for path in (folder, folder / "password"):
            shutil.chown(path, "nobody", "nogroup")

    def call(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(data), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **other)  # type: ignore[call-overload]

    try:
        call("initdb", "-U", USER, "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync")
        call("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", f"-h '' -k {folder} -c fsync=off")
        try:
            yield Server(folder)
        finally:
            call("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)
