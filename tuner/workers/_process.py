"""A worker process as its manager sees it, with its two pipes and its log file, and the slot that it trains in."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tuner.clock import MonotonicClock
from tuner.config import TrialSpec
from tuner.errors import TunerError
from tuner.records import Tick
from tuner.simulators.server import ServerLog
from tuner.training import Phase, StopRequest
from tuner.workers._cpus import running_on
from tuner.workers._protocol import Command, LineSplitter, encode
from tuner.workers._slot_simulator import SlotSimulator

_CHUNK = 65536


class WorkerProcess:
    """One child in a session of its own: Ctrl-C does not reach it, and it can be killed with all that it started.

    Args:
        command: starts the child; the descriptors are appended as arguments.
        cpus: the CPUs it may use.
        log_file: where its stdout and stderr are appended.
        environment: variables to add to this process's own.
        simulator: the connection to its simulator's server, which is closed here, and what is known of the server.
        limits: seconds of silence that are allowed while a simulator starts, and while training.

    Raises:
        TunerError: if the process cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cpus: frozenset[int],
        log_file: Path,
        environment: Mapping[str, str] | None = None,
        simulator: tuple[socket.socket, ServerLog] | None = None,
        limits: tuple[float, float] = (300.0, 60.0),
    ) -> None:
        self.log_file = log_file
        self._lines = LineSplitter()
        commands_out, self._commands = os.pipe()
        self.messages, messages_in = os.pipe()
        os.set_blocking(self.messages, False)
        arguments = [*command, "--commands", str(commands_out), "--messages", str(messages_in)]
        arguments += ["--started", str(MonotonicClock().now())]
        if threading.current_thread() is threading.main_thread():
            # The kernel can tell a child that its parent died, but its parent is the thread that started it, and only
            # the main thread lives as long as the process. For other threads the end of the command pipe must do.
            arguments += ["--parent", str(os.getpid())]
        inherited = [commands_out, messages_in]
        if simulator is not None:
            connection, server = simulator
            inherited.append(connection.fileno())
            arguments += ["--simulator", str(connection.fileno()), "--simulator-log", server.to_json()]
            arguments += ["--launch-seconds", str(limits[0]), "--silence-seconds", str(limits[1])]
        try:
            with log_file.open("ab") as log, running_on(cpus):
                self._log_start = log.tell()
                self._popen = subprocess.Popen(
                    arguments,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=inherited,
                    start_new_session=True,
                    env=_environment(len(cpus)) | dict(environment or {}),
                )
        except OSError as error:
            os.close(self._commands)
            os.close(self.messages)
            raise TunerError(f"Could not start a worker with '{command[0]}', log {log_file}: {error}.") from error
        finally:
            os.close(commands_out)
            os.close(messages_in)
            if simulator is not None:
                simulator[0].close()

    @property
    def pid(self) -> int:
        """The process id, which is also its session's and its group's."""
        return self._popen.pid

    def send(self, command: Command) -> bool:
        """Send a command; return False if the process is gone."""
        data = encode(command)
        try:
            while data:
                data = data[os.write(self._commands, data) :]
        except BrokenPipeError:
            return False
        return True

    def read_lines(self) -> tuple[list[bytes], bool]:
        """Return the complete lines that have come in, and whether the pipe has ended; never waits."""
        lines: list[bytes] = []
        while True:
            try:
                data = os.read(self.messages, _CHUNK)
            except BlockingIOError:
                return lines, False
            if not data:
                return lines, True
            lines += self._lines.feed(data)

    def exit_code(self) -> int | None:
        """Return the exit code, negative for a signal, or None while the process runs."""
        return self._popen.poll()

    def end(self, grace_seconds: float) -> int:
        """End the process and everything it started; return its exit code.

        A process that has exited by itself is left alone. Otherwise it gets SIGTERM and, after the grace, SIGKILL.

        Args:
            grace_seconds: how long a process that is asked to end may take.
        """
        if self._popen.poll() is None:
            self._signal_group(signal.SIGTERM)
            self._wait(grace_seconds)
        self._signal_group(signal.SIGKILL)
        code = self._popen.wait()
        for descriptor in (self._commands, self.messages):
            os.close(descriptor)
        return code

    def wait(self, seconds: float) -> int | None:
        """Wait for the process to exit by itself; return its exit code, or None if it still runs."""
        self._wait(seconds)
        return self._popen.poll()

    def log_tail(self) -> str:
        """Return the end of what this process, not its predecessors, wrote to the log: at most 64 KiB."""
        with self.log_file.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - _CHUNK))
            return log.read().decode(errors="replace")

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._popen.pid, number)
        except (ProcessLookupError, PermissionError):  # the whole group is gone; macOS says so in the second way
            return

    def _wait(self, seconds: float) -> None:
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return


def _environment(threads: int) -> dict[str, str]:
    """Return the child's environment variables, which must be set before its first import."""
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment[name] = str(threads)
    environment.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # workers and simulators share a GPU's memory
    environment["PYTHONUNBUFFERED"] = "1"  # the log's last lines must be on disk when a process is killed
    environment["PYTHONFAULTHANDLER"] = "1"  # a segmentation fault leaves a traceback in the log
    return environment


@dataclass
class Running:
    """A trial in a slot, as far as its manager knows."""

    serial: int
    spec: TrialSpec
    heard_at: float
    fresh: bool = True
    """Its process was started for it."""
    begun: bool = False
    """Its process has said something about it."""
    launch_seconds: float | None = None
    """How long its process took to start, if it was started for it."""
    phase: Phase = "launch"
    last_tick: Tick | None = None
    stop: StopRequest | None = None
    stopped_at: float = 0.0


@dataclass
class Slot:
    """A place for one trial at a time, with its process, if there is one."""

    number: int
    cpus: frozenset[int]
    log_file: Path
    simulator: SlotSimulator
    environment: Mapping[str, str] = field(default_factory=dict)
    process: WorkerProcess | None = None
    trial: Running | None = None
