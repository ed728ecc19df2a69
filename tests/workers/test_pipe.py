"""The worker's ends of the pipes: nothing waits for a slow manager, stops reach the right trial, silence is limited."""

import fcntl
import os
import queue
import threading
from collections.abc import Iterator

import pytest

from tests.workers.trials import point_mass
from tuner.clock import ManualClock
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.training import StopRequest
from tuner.workers._pipe import CommandReader, MessageWriter, PipeChannel
from tuner.workers._protocol import (
    Alive,
    Ended,
    LineSplitter,
    Noticed,
    PhaseEntered,
    Quit,
    Ready,
    Stop,
    Ticked,
    Train,
    decode,
    encode,
)

PRUNE = StopRequest(OutcomeKind.PRUNED, rule="behind")


class Line:
    """Both pipes in one process, the manager's ends in the test's hands."""

    def __init__(self) -> None:
        self.orphaned: queue.SimpleQueue[str] = queue.SimpleQueue()
        commands, self.commands = os.pipe()
        self.messages, messages = os.pipe()
        os.set_blocking(self.messages, False)
        self._descriptors = {commands, self.commands, self.messages, messages}
        self.reader = CommandReader(commands, lambda: self.orphaned.put("orphaned"))
        self.writer = MessageWriter(messages)
        self._splitter = LineSplitter()

    def send(self, *commands) -> None:
        os.write(self.commands, b"".join(encode(command) for command in commands))

    def received(self) -> list:
        try:
            return [decode(line) for line in self._splitter.feed(os.read(self.messages, 1 << 20))]
        except BlockingIOError:
            return []

    def hang_up(self) -> None:
        os.close(self.commands)
        self._descriptors.discard(self.commands)

    def close(self) -> None:
        if self.commands in self._descriptors:
            self.send(Quit())
        for thread in threading.enumerate():  # or it would read from whatever gets its descriptor next
            if thread.name == "commands":
                thread.join(60)
        for descriptor in self._descriptors:
            os.close(descriptor)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    line.close()


def test_signs_of_life_are_limited_to_two_a_second(line: Line) -> None:
    clock = ManualClock()
    channel = PipeChannel(1, line.writer, line.reader, clock)
    channel.phase("train")
    for _ in range(16):  # 16 steps of 1/8 s: signs at 0.5, 1.0, 1.5 and 2.0 s
        clock.sleep(0.125)
        channel.alive()
    assert line.received() == [PhaseEntered("train"), Alive(), Alive(), Alive(), Alive()]


def test_a_tick_is_a_sign_of_life(line: Line) -> None:
    clock = ManualClock()
    channel = PipeChannel(1, line.writer, line.reader, clock)
    clock.sleep(0.375)
    channel.tick(Tick(index=1, clock_seconds=0.25))
    clock.sleep(0.25)  # 0.625 s after the beginning, 0.25 s after the tick
    channel.alive()
    assert line.received() == [Ticked(Tick(index=1, clock_seconds=0.25))]


def test_a_notice_is_handed_over(line: Line) -> None:
    PipeChannel(1, line.writer, line.reader, ManualClock()).notice("no BF16 units")
    assert line.received() == [Noticed("no BF16 units")]


def test_a_full_pipe_stops_neither_training_nor_messages(line: Line) -> None:
    fcntl.fcntl(line.messages, fcntl.F_SETPIPE_SZ, 4096)
    clock = ManualClock()
    channel = PipeChannel(1, line.writer, line.reader, clock)
    ticks = [Tick(index=k, clock_seconds=float(k)) for k in range(1, 101)]
    for tick in ticks:  # about 200 bytes each: only the first twenty fit
        channel.tick(tick)
    assert line.writer.behind
    clock.sleep(1.0)
    channel.alive()  # dropped: what lies in the pipe is sign of life enough
    received = line.received()
    while line.writer.behind:
        line.writer.send(Ready(0.0))
        received += line.received()
    assert [message.tick for message in received if isinstance(message, Ticked)] == ticks
    assert Alive() not in received


def test_flush_waits_until_the_manager_has_read_all(line: Line) -> None:
    fcntl.fcntl(line.messages, fcntl.F_SETPIPE_SZ, 4096)
    ended = Ended(Outcome(OutcomeKind.EXHAUSTED, message="x" * 50_000), reusable=True)
    read: list[bytes] = []

    def manage() -> None:
        os.set_blocking(line.messages, True)
        while sum(map(len, read)) < len(encode(ended)):
            read.append(os.read(line.messages, 65536))

    manager = threading.Thread(target=manage)
    manager.start()
    PipeChannel(1, line.writer, line.reader, ManualClock()).end(ended)
    assert not line.writer.behind
    manager.join(60)
    assert decode(b"".join(read)) == ended


def test_a_stop_reaches_its_own_trial_only(line: Line) -> None:
    spec = point_mass(1)
    line.send(Stop(6, PRUNE), Train(7, spec))
    assert line.reader.next() == Train(7, spec)
    assert line.reader.stop_for(6) == PRUNE
    assert PipeChannel(7, line.writer, line.reader, ManualClock()).stop_requested() is None
    line.send(Stop(7, PRUNE), Train(8, spec))
    assert line.reader.next() == Train(8, spec)  # so the stop before it has been taken in
    assert PipeChannel(7, line.writer, line.reader, ManualClock()).stop_requested() == PRUNE
    assert PipeChannel(8, line.writer, line.reader, ManualClock()).stop_requested() is None


def test_quit_interrupts_whatever_runs(line: Line) -> None:
    line.send(Quit())
    assert line.reader.next() == Quit()
    assert line.reader.stop_for(1) == StopRequest(OutcomeKind.INTERRUPTED)
    line.hang_up()
    assert line.orphaned.empty()


def test_the_manager_s_death_is_noticed(line: Line) -> None:
    line.hang_up()
    assert line.orphaned.get(timeout=60) == "orphaned"


def test_a_worker_that_does_not_understand_its_manager_gives_up(line: Line, capfd: pytest.CaptureFixture[str]) -> None:
    os.write(line.commands, b"what?\n")
    assert line.orphaned.get(timeout=60) == "orphaned"
    assert "not a message: 'what?'" in capfd.readouterr().err
