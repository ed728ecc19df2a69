"""The process of a simulator's server, as its owner holds it."""

import json
import os
import signal
import socket
import subprocess
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import psutil

from tuner.errors import TunerError, UserError
from tuner.simulators.server.server_side.messages import Connection, ConnectionLostError

_FOLDER = Path(__file__).resolve().parent
_PROGRAM = (
    "import sys; sys.path = [sys.argv.pop(1), *filter(None, sys.path)]; from server_side.serve import main; main()"
)
"""Finds the server by its path; the working directory, which `-c` would search first, is left out."""
_MARK = "TUNER_SIMULATOR_SERVER"
"""The variable that everything in a server's process tree inherits, with a value of its own for each server."""
_KEEPER_SECONDS = 5.0
"""How long the keeper may take to kill everything."""
_LOG_TAIL_LINES = 20
_LOG_TAIL_BYTES = 65536
_SHOWN_CHARACTERS = 60


class SimulatorLostError(TunerError):
    """The simulator's process died, fell silent or broke; a fresh one may do better."""


@dataclass(frozen=True)
class Deadlines:
    """How long a simulator may take, in seconds of wall-clock time."""

    launch: float = 900.0
    """To open a task: the first start of an engine may compile for minutes."""
    step: float = 45.0
    """To step, reset or seed all robots once; see `tuner.workers` for a worker's."""
    silence: float = 30.0
    """Between two signs of life; see `Client`."""
    close: float = 10.0
    """To close a task and end in good order."""


@dataclass(frozen=True)
class ServerLog:
    """What a client knows of its server's process, apart from the connection."""

    pid: int
    """The keeper's process id, which is also its session's and its group's."""
    file: Path
    """Where the simulator's stdout and stderr go."""
    start: int = 0
    """Where in the file this process began to write, in bytes."""

    def to_json(self) -> str:
        """Return everything as JSON, for a process that gets the connection."""
        return json.dumps({"pid": self.pid, "file": str(self.file), "start": self.start})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return what `to_json` wrote."""
        fields = json.loads(text)
        return cls(fields["pid"], Path(fields["file"]), fields["start"])

    def lost(self, what: str) -> "SimulatorLostError":
        """Return the error for a simulator that ended or fell silent, with the last lines of its log."""
        lines = self.tail()
        tail = "".join(f"\n  {line}" for line in lines) if lines else " It wrote nothing."
        return SimulatorLostError(f"The simulator's process {what}; its log is {self.file}.{tail}")

    def settled(self) -> bool:
        """Return whether the keeper has ended, and with it everything that writes to the log."""
        try:
            return psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    def tail(self) -> list[str]:
        """Return the last lines that this process, not its predecessors, wrote to the log."""
        try:
            with self.file.open("rb") as log:
                end = log.seek(0, os.SEEK_END)
                log.seek(max(self.start, end - _LOG_TAIL_BYTES))
                return log.read().decode(errors="replace").splitlines()[-_LOG_TAIL_LINES:]
        except OSError:  # it was removed
            return []

    def progress(self, doing: str) -> str:
        """Return what the simulator is doing with the last words in its log, for a line that people read.

        Args:
            doing: what its server says.
        """
        words = next((line.strip() for line in reversed(self.tail()) if any(map(str.isalnum, line))), "")
        shown = words if len(words) <= _SHOWN_CHARACTERS else f"{words[: _SHOWN_CHARACTERS - 1]}…"
        return f"{doing} ({shown})" if shown else doing

    def size(self) -> int:
        """Return the bytes in the log, 0 if it was removed."""
        try:
            return self.file.stat().st_size
        except OSError:
            return 0

    def work(self) -> tuple[float, int]:
        """Return what a working simulator increases: CPU seconds of its processes, and bytes of its log."""
        seconds = 0.0
        with suppress(psutil.Error):
            for process in psutil.Process(self.pid).children(recursive=True):
                with suppress(psutil.Error):
                    times = process.cpu_times()
                    seconds += times.user + times.system
        return round(seconds, 1), self.size()


class LogWatch:
    """Looks for texts in what a simulator writes to its log from now on.

    Args:
        log: of the simulator.
        markers: texts that say that something is wrong.
    """

    def __init__(self, log: ServerLog, markers: tuple[str, ...]) -> None:
        self._log = log
        self._markers = markers
        self._read = log.size()
        self._rest = ""
        """The end of what was read that is not a whole line yet."""

    def look(self) -> str | None:
        """Return the first new line with one of the texts, None if there is none; costs little while nothing is new."""
        size = self._log.size()
        if size == self._read or not self._markers:
            return None
        begin = self._read if size > self._read else 0  # a log that was emptied begins again
        try:
            with self._log.file.open("rb") as log:
                log.seek(begin)
                text = log.read(size - begin).decode(errors="replace")
        except OSError:
            return None
        self._read = size
        *lines, self._rest = (self._rest + text).split("\n")
        return next((line for line in lines if any(marker in line for marker in self._markers)), None)


class ServerProcess:
    """A simulator's server in a session of its own, ended with everything that it started.

    Nothing is left behind when this process dies: the server's keeper sees its end and kills all that the simulator
    started, and the shared memory has no name. What outlives a killed keeper carries its mark in the environment.

    Args:
        python: the interpreter that has the simulator.
        backend: what opens tasks; see `server_side.serve`.
        log_file: where stdout and stderr of the simulator are appended.
        environment: variables to add to this process's own.

    Raises:
        UserError: if the interpreter cannot be run, or the log cannot be written.
    """

    def __init__(
        self, python: str | Path, backend: str, *, log_file: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self._mark = uuid.uuid4().hex
        log = _opened_log(log_file)
        start = log.tell()
        ours, theirs = socket.socketpair()
        self._control = Connection(ours)
        lifeline_out, self._lifeline = os.pipe()
        try:
            with log:
                self._popen = subprocess.Popen(
                    [str(python), "-c", _PROGRAM, str(_FOLDER), backend, str(theirs.fileno()), str(lifeline_out)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(theirs.fileno(), lifeline_out),
                    start_new_session=True,
                    env=_environment() | dict(environment or {}) | {_MARK: self._mark},
                )
        except OSError as error:
            self._control.close()
            os.close(self._lifeline)
            raise UserError(
                f"The interpreter {python} of the simulator cannot be started: {error.strerror or error}. Give the "
                "path of the Python that has the simulator installed."
            ) from error
        finally:
            theirs.close()
            os.close(lifeline_out)
        self.log = ServerLog(self._popen.pid, log_file, start)
        """What clients need to know of this process."""

    @property
    def alive(self) -> bool:
        """Whether the server runs."""
        return self._popen.poll() is None

    def connect(self) -> socket.socket:
        """Return the client's end of a new connection; the server accepts it after the previous client disconnects.

        Raises:
            SimulatorLostError: if the server has ended.
        """
        ours, theirs = socket.socketpair()
        try:
            self._control.send({"do": "connect"}, (theirs.fileno(),))
        except ConnectionLostError as error:
            ours.close()
            raise self.log.lost("ended") from error
        finally:
            theirs.close()
        return ours

    def ask_to_end(self) -> None:
        """Ask the server to close its task and end, without waiting for it."""
        with suppress(ConnectionLostError):  # it has ended already
            self._control.send({"do": "quit"})

    def end(self, grace_seconds: float) -> None:
        """End the server and everything that it started; ending twice is harmless.

        First it is asked to close its task, then its process group gets SIGTERM, then its keeper kills all.

        Args:
            grace_seconds: how long each of the first two may take.
        """
        if self._lifeline < 0:
            return
        self.ask_to_end()
        self._wait(grace_seconds)
        if self.alive:
            self._signal(signal.SIGTERM)
            self._wait(grace_seconds)
        self._control.close()
        os.close(self._lifeline)
        self._lifeline = -1
        self._wait(_KEEPER_SECONDS)
        self._signal(signal.SIGKILL)
        self._popen.wait()
        self._end_marked()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._popen.pid, number)
        except (ProcessLookupError, PermissionError):  # the process group has exited (macOS raises PermissionError)
            return

    def _end_marked(self) -> None:
        """Kill what has left the process group and outlived the keeper: nobody else knows of it any more."""
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError):  # it has ended, or is another user's
                if process.environ().get(_MARK) == self._mark:
                    process.kill()

    def _wait(self, seconds: float) -> None:
        try:
            self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return


def _opened_log(file: Path) -> BinaryIO:
    """Open a log to append to; its folder is created if missing."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return file.open("ab")
    except OSError as error:
        place = error.filename or file
        raise UserError(
            f"The simulator's log cannot be written to the folder {file.parent}: {error.strerror or error} ({place}). "
            "Make the folder writable, or free the path."
        ) from error


def _environment() -> dict[str, str]:
    """Return the server's environment: what must be decided before its first import."""
    environment = dict(os.environ)
    environment["PYTHONUNBUFFERED"] = "1"  # the log's last lines must be on disk when a process is killed
    environment["PYTHONFAULTHANDLER"] = "1"  # a segmentation fault leaves a traceback in the log
    return environment
