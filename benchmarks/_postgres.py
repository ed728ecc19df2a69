"""A PostgreSQL server of a benchmark's own, in a temporary folder, reached through a socket there."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def _programs() -> Path:
    """Return the folder of the newest server that is installed; Debian keeps it off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("pg_ctl")
    if not found and on_path is None:
        raise SystemExit("No PostgreSQL server is installed: apt-get install postgresql, or give --storage.")
    return found[-1] if found else Path(str(on_path)).parent


@contextmanager
def postgres() -> Iterator[str]:
    """Start a server that writes to the disk like any other; yield the URL of an empty database, and remove it all."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short, as the path of a socket has to be
    as_user = {}
    if os.getuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "nobody", "nogroup")
        as_user = {"user": "nobody", "group": "nogroup", "extra_groups": ()}

    def call(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **as_user)  # type: ignore[call-overload]

    try:
        call("initdb", "-U", "tuner", "-A", "trust")
        call("pg_ctl", "start", "-w", "-l", str(folder / "log"), "-o", f"-h '' -k {folder}")
        try:
            yield f"postgresql+psycopg://tuner@/postgres?host={folder}"
        finally:
            call("pg_ctl", "stop", "-m", "immediate")
    finally:
        shutil.rmtree(folder)
