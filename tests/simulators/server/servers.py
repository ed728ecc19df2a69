"""Servers for tests, which are ended after each test."""

import sys
from pathlib import Path

import psutil

from tuner.config import TaskConfig
from tuner.simulators.server import Client, Deadlines, ServedEnv, ServerProcess

LINE = Path(__file__).with_name("line_backend.py")
QUICK = Deadlines(launch=60.0, step=20.0, silence=3.0, close=3.0)


class Servers:
    """Starts servers of the line, or of another backend.

    Args:
        folder: for their logs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[ServerProcess] = []

    def start(
        self,
        backend: str = f"file:{LINE}",
        python: str | Path = sys.executable,
        environment: dict[str, str] | None = None,
    ) -> ServerProcess:
        """Start a server."""
        log_file = self._folder / f"server-{len(self._started)}.log"
        process = ServerProcess(python, backend, log_file=log_file, environment=environment)
        self._started.append(process)
        return process

    def open(self, robots: int = 3, *, process: ServerProcess | None = None, seed: int = 0, **options) -> ServedEnv:
        """Open the line in a server, a new one if none is given."""
        process = process or self.start()
        task = TaskConfig(id="Line", simulator="line", num_envs=robots, options=options)
        return ServedEnv(task, Client(process.connect(), process.log, deadlines=QUICK), seed=seed, threads=1)

    def end(self) -> None:
        """End all servers."""
        for process in self._started:
            process.end(0.5)


def family(process: ServerProcess) -> list[psutil.Process]:
    """Return the keeper of a server and all processes below it."""
    keeper = psutil.Process(process.log.pid)
    return [keeper, *keeper.children(recursive=True)]


def gone(processes: list[psutil.Process], seconds: float = 10.0) -> bool:
    """Return whether all processes have ended within the time."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
