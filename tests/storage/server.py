"""A PostgreSQL server of the test's own, in a folder, reached through a socket there."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil
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
    """A server that runs, and that tests may stop, start anew or halt."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._numbers = count()
        self._other = {"user": "nobody", "group": "nogroup", "extra_groups": ()} if os.getuid() == 0 else {}

    def new_database(self, *, password: str | None = PASSWORD, host: str | None = None) -> str:
        """Create an empty database and return its URL."""
        name = f"db{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name, password=password, host=host)

    def url(self, database: str, *, password: str | None = PASSWORD, host: str | None = None) -> str:
        """Return the URL of a database; `host` reaches it through TCP instead of the socket."""
        user = USER if password is None else f"{USER}:{password}"
        if host is None:
            return f"postgresql://{user}@/{database}?host={self.folder}"
        return f"postgresql://{user}@{host}:{self.port}/{database}"

    def execute(self, command: str, database: str = "postgres") -> None:
        """Run an SQL command."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(command)  # type: ignore[call-overload]

    def create(self) -> None:
        """Create the files of the server."""
        if self._other:  # the server refuses to run as root
            for path in (self.folder, self.folder / "password"):
                shutil.chown(path, "nobody", "nogroup")
        password = f"--pwfile={self.folder / 'password'}"
        self._call("initdb", "-U", USER, "-A", "scram-sha-256", password, "--no-sync")

    def start(self) -> None:
        """Start the server; wait until it answers."""
        self.port = free_port()
        options = f"-h 127.0.0.1 -p {self.port} -k {self.folder} -c fsync=off"
        # The socket's name has the standard port, so that URLs without one find it.
        self._call("pg_ctl", "start", "-w", "-l", str(self.folder / "log"), "-o", options)
        for end in ("", ".lock"):
            link = self.folder / f".s.PGSQL.5432{end}"
            link.unlink(missing_ok=True)
            link.symlink_to(f".s.PGSQL.{self.port}{end}")

    def stop(self) -> None:
        """Stop the server as a crash would; connections are lost."""
        self._call("pg_ctl", "stop", "-m", "immediate")

    def restart(self) -> None:
        """Stop and start the server."""
        self.stop()
        self.start()

    def configure(self, setting: str) -> None:
        """Change a setting and let the server read it."""
        self.execute(f"ALTER SYSTEM SET {setting}")
        self.execute("SELECT pg_reload_conf()")

    @contextmanager
    def halted(self) -> Iterator[None]:
        """Let the server stand still during the block: it keeps its connections but does not answer."""
        first = psutil.Process(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]))
        family = [first, *first.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):  # one that served a client that has just gone
                process.suspend()
        try:
            yield
        finally:
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, cwd=self.folder, stdout=subprocess.DEVNULL, **self._other)  # type: ignore[call-overload]


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it and remove its files at the end; skip the test where none is installed."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short, as the path of a socket has to be
    (folder / "password").write_text(PASSWORD)
    server = Server(folder, programs)
    try:
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
