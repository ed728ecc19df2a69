"""Servers that stay warm from test to test, and tasks that are opened in them."""

from pathlib import Path
from typing import Any

import pytest

from tests.contracts.opened_task import LIMIT, OpenedTask
from tuner.config import TaskConfig
from tuner.simulators.server import Client, ServedEnv, Server, ServerProcess

Opening = tuple[TaskConfig, int]
"""What a server was asked to open: the task, and how many threads may step it."""


class Fleet:
    """Gives servers that serve one environment at a time, if possible one that has the task open already.

    Args:
        folder: for their logs.
        reopens: whether they can open one task after another.
        most_idle: servers that wait for a test; each holds a few hundred megabytes.
    """

    def __init__(self, folder: Path, *, reopens: bool = True, most_idle: int = 4) -> None:
        self._folder = folder
        self._reopens = reopens
        self._most_idle = most_idle
        self._idle: list[tuple[Server, Opening, ServerProcess]] = []
        self._all: list[ServerProcess] = []

    def take(self, server: Server, opening: Opening) -> ServerProcess:
        """Return a server that nobody uses, a new one if there is none."""
        fitting = [entry for entry in self._idle if entry[0] == server]
        same = [entry for entry in fitting if entry[1] == opening]
        for entry in same or (fitting if self._reopens else []):
            self._idle.remove(entry)
            return entry[2]
        if len(self._idle) > self._most_idle:
            self._idle.pop(0)[2].end(10.0)
        self._all.append(server.start(self._folder / f"{len(self._all)}.log"))
        return self._all[-1]

    def give_back(self, server: Server, opening: Opening, process: ServerProcess) -> None:
        """Let the next test use a server."""
        self._idle.append((server, opening, process))

    def end(self) -> None:
        """End all servers."""
        for process in self._all:
            process.ask_to_end()
        for process in self._all:
            process.end(10.0)


class ServedTask(OpenedTask):
    """A task that is opened in warm servers, which a module's fixture `fleet` keeps."""

    robots = 4
    """How many robots a test gets that does not ask for another number."""

    def server(self) -> Server:
        """Return what opens the tasks."""
        raise NotImplementedError

    @pytest.fixture
    def open_env(self, fleet: Fleet) -> Any:
        """Open environments whose servers go back to the fleet after the test."""
        server = self.server()
        taken = []

        def open_env(
            num_envs: int | None = None,
            *,
            seed: int = 3,
            threads: int = 1,
            limit: int | None = LIMIT,
            spread: bool = False,
        ) -> ServedEnv:
            task = self.config(num_envs or self.robots, limit)
            process = fleet.take(server, (task, threads))
            client = Client(process.connect(), process.log)
            taken.append(((task, threads), process, client))
            env = ServedEnv(task, client, seed=seed, threads=threads)
            env.spread_ages = spread
            return env

        yield open_env
        for opening, process, client in taken:
            client.close()
            fleet.give_back(server, opening, process)
