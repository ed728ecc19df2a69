"""The worker's ends of the two pipes: a channel for the trial, and a thread that listens for commands."""

import ctypes
import os
import queue
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable

from tuner.clock import Clock
from tuner.records import Calibration, OutcomeKind, Tick
from tuner.training import Phase, StopRequest
from tuner.workers._protocol import (
    Alive,
    Calibrated,
    Command,
    Ended,
    LineSplitter,
    Message,
    Noticed,
    PhaseEntered,
    ProtocolError,
    Quit,
    Stop,
    Ticked,
    Train,
    Waiting,
    decode,
    encode,
)

ALIVE_EVERY_SECONDS = 0.5
_CHUNK = 65536
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


class MessageWriter:
    """Writes messages without ever waiting for a manager that is busy; what the pipe does not take waits here."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._backlog = b""
        os.set_blocking(descriptor, False)

    @property
    def behind(self) -> bool:
        """Whether messages wait for the pipe to take them."""
        return bool(self._backlog)

    def send(self, message: Message) -> None:
        """Send a message, or keep it for the next call if the pipe is full."""
        self._backlog += encode(message)
        self._write()

    def flush(self) -> None:
        """Wait until everything is sent."""
        while self._backlog:
            select.select([], [self._descriptor], [])
            self._write()

    def _write(self) -> None:
        try:
            while self._backlog:
                self._backlog = self._backlog[os.write(self._descriptor, self._backlog) :]
        except BlockingIOError:
            return


class CommandReader:
    """Listens for commands on a thread of its own, so that a stop is seen while the trial computes.

    Args:
        descriptor: the end of the command pipe to read from.
        orphaned: called on the thread when the pipe ends without a `Quit`, because the manager has died, and when it
            sends a line that is no message.
    """

    def __init__(self, descriptor: int, orphaned: Callable[[], None]) -> None:
        self._descriptor = descriptor
        self._orphaned = orphaned
        self._work: queue.SimpleQueue[Train | Quit] = queue.SimpleQueue()
        self._stop: Stop | None = None
        self._quitting = False
        threading.Thread(target=self._listen, name="commands", daemon=True).start()

    def next(self) -> Train | Quit:
        """Wait for the next trial, or for `Quit`."""
        return self._work.get()

    def stop_for(self, serial: int) -> StopRequest | None:
        """Return the request to stop the trial with this serial, if there is one."""
        if self._quitting:
            return StopRequest(OutcomeKind.INTERRUPTED)
        stop = self._stop
        return stop.request if stop is not None and stop.serial == serial else None

    def _listen(self) -> None:
        splitter = LineSplitter()
        try:
            while not self._quitting and (data := os.read(self._descriptor, _CHUNK)):
                for line in splitter.feed(data):
                    self._take(decode(line))
        except ProtocolError:  # a worker that cannot be stopped must not go on
            traceback.print_exc()
        if not self._quitting:
            self._orphaned()

    def _take(self, command: Command | Message) -> None:
        match command:
            case Stop():
                self._stop = command
            case Quit():
                self._quitting = True
                self._work.put(command)
            case Train():
                self._work.put(command)


class PipeChannel:
    """A `tuner.training.Channel` over the pipes, for one trial."""

    def __init__(self, serial: int, writer: MessageWriter, reader: CommandReader, clock: Clock) -> None:
        self._serial = serial
        self._writer = writer
        self._reader = reader
        self._clock = clock
        self._said_at = clock.now()

    def phase(self, phase: Phase) -> None:
        """Say that the trial entered a phase."""
        self._say(PhaseEntered(phase))

    def calibrated(self, calibration: Calibration) -> None:
        """Say what the trial runs on."""
        self._say(Calibrated(calibration))

    def notice(self, text: str) -> None:
        """Tell the user something about this trial."""
        self._say(Noticed(text))

    def alive(self) -> None:
        """Give a sign of life, about twice a second however often it is called."""
        if self._clock.now() - self._said_at >= ALIVE_EVERY_SECONDS and not self._writer.behind:
            self._say(Alive())

    def waiting(self, doing: str) -> None:
        """Say what the simulator is doing, for which the trial waits."""
        if not self._writer.behind:
            self._say(Waiting(doing))

    def tick(self, tick: Tick) -> None:
        """Report one tick."""
        self._say(Ticked(tick))

    def stop_requested(self) -> StopRequest | None:
        """Return the request to stop this trial, if there is one."""
        return self._reader.stop_for(self._serial)

    def end(self, message: Ended) -> None:
        """Report the outcome, and wait until it is sent."""
        self._writer.send(message)
        self._writer.flush()

    def _say(self, message: Message) -> None:
        self._writer.send(message)
        self._said_at = self._clock.now()


def end_family() -> None:
    """Kill this process and everything it started, because there is nobody left to report to."""
    if os.getpgid(0) == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent dies (Linux; elsewhere the command pipe's end does it)."""
    if not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it died before the kernel was asked
        end_family()
