"""The simulator's server of a slot: it outlives the workers that train there."""

import socket
from collections.abc import Mapping
from pathlib import Path

from tuner.config import TaskConfig
from tuner.records import SIMULATOR_LOST, Outcome, OutcomeKind
from tuner.simulators.server import Deadlines, Server, ServerLog, ServerProcess, server_for
from tuner.workers._cpus import running_on

_BROKEN_GRACE_SECONDS = 0.5
"""How long a server that is known to be broken may take to end; the manager waits for it."""


class SlotSimulator:
    """Keeps the server that a slot's trials need, warm from trial to trial and from worker to worker.

    Args:
        cpus: the CPUs it may use, those of the slot.
        log_file: where the simulator's stdout and stderr are appended.
        environment: variables to add to this process's own, such as the slot's GPU.
    """

    def __init__(self, cpus: frozenset[int], log_file: Path, environment: Mapping[str, str]) -> None:
        self._cpus = cpus
        self._environment = environment
        self._log_file = log_file
        self._server: Server | None = None
        self._process: ServerProcess | None = None
        self._diverged = False

    def prepare(self, task: TaskConfig) -> bool:
        """Make sure that the server that a task needs runs, if it needs one.

        Returns:
            Whether another server runs now than before. A worker that is connected to the old one cannot be used.

        Raises:
            UserError: if it is not known which interpreter has the simulator, or there is none.
        """
        server = server_for(task)
        if server == self._server and (server is None or (self._process is not None and self._process.alive)):
            return False
        self.end(_BROKEN_GRACE_SECONDS if self._process is not None and not self._process.alive else Deadlines.close)
        if server is not None:
            with running_on(self._cpus):
                self._process = server.start(self._log_file, self._environment)
        self._server = server
        return True

    def connect(self) -> tuple[socket.socket, ServerLog] | None:
        """Return a new connection to the server, and what is known of its process; None without one.

        Raises:
            SimulatorLostError: if the server has ended.
        """
        return None if self._process is None else (self._process.connect(), self._process.log)

    def heed(self, outcome: Outcome) -> None:
        """Stop the server if the trial's outcome shows that it no longer works; the next trial starts another.

        A reset heals physics that diverged, in every engine that was tried. Where it did not, the next trial diverges
        before its first step is learned from.
        """
        diverged = outcome.kind is OutcomeKind.DIVERGED
        unhealed = diverged and self._diverged and outcome.updates == 0
        if outcome.details.get(SIMULATOR_LOST) or outcome.kind is OutcomeKind.HUNG or unhealed:
            self.end(_BROKEN_GRACE_SECONDS)
            diverged = False
        self._diverged = diverged

    def end(self, grace_seconds: float = Deadlines.close) -> None:
        """End the server, if one runs."""
        process, self._process, self._server = self._process, None, None
        if process is not None:
            process.end(grace_seconds)

    def ask_to_end(self) -> None:
        """Ask the server to close its task and end, without waiting for it."""
        if self._process is not None:
            self._process.ask_to_end()
