"""A pool that plays curves instead of training, on a clock that jumps: hours of a study in milliseconds."""

from collections.abc import Callable
from dataclasses import dataclass

from tuner.clock import Clock
from tuner.config import TrialSpec
from tuner.records import Calibration, Outcome, OutcomeKind, Tick
from tuner.training import StopRequest
from tuner.workers._pool import CalibrationEvent, Event, OutcomeEvent, PhaseEvent, TickEvent, WorkerPool


@dataclass(frozen=True)
class Recording:
    """What a trial does if it is not stopped: recorded from a real one, or made up.

    Faults are played by the outcome: ticks up to the fault, then an outcome of kind `crashed`, `hung` or `diverged`.
    """

    ticks: tuple[Tick, ...]
    """In the order of their `clock_seconds`."""
    outcome: Outcome
    calibration: Calibration | None = None
    """What it ran on, and how fast that was."""
    overhead_seconds: float = 0.0
    """Wall-clock seconds of launching and compiling, before the training clock starts."""
    closing_seconds: float = 0.0
    """Wall-clock seconds between the end of the training clock and the outcome: an evaluation, or the silence after
    which a trial counts as hung."""

    def __post_init__(self) -> None:
        times = [tick.clock_seconds for tick in self.ticks]
        if times != sorted(times):
            raise ValueError(f"ticks must be in the order of their clock_seconds, but are at {times}")
        if min(self.overhead_seconds, self.closing_seconds) < 0:
            raise ValueError("overhead_seconds and closing_seconds cannot be negative")


@dataclass
class _Playing:
    """A recording in a slot: the events still to come, each with its time."""

    spec: TrialSpec
    starts_at: float
    """When its training clock starts."""
    coming: list[tuple[float, Event]]
    last_tick: Tick | None = None


class ReplayPool(WorkerPool):
    """A pool with the slots, events and rules of one that trains, but without processes.

    `poll` moves the clock to the next event of any slot, so the time that a manager sees is the time that the trials
    would have taken. The same submissions give the same events, always; at equal times the lower slot comes first.

    Args:
        play: returns what a trial would do.
        slots: how many trials run at once.
        clock: moved by `poll`, or slept on if it is a real one; share it with the manager.
    """

    def __init__(self, play: Callable[[TrialSpec], Recording], slots: int, clock: Clock) -> None:
        if slots < 1:
            raise ValueError(f"a pool needs at least one slot, but got {slots}")
        self._play = play
        self._clock = clock
        self._playing: list[_Playing | None] = [None] * slots
        self._closed = False

    @property
    def slots(self) -> int:
        """Number of slots."""
        return len(self._playing)

    def idle(self) -> list[int]:
        """Return the slots that can take a trial now."""
        return [] if self._closed else [slot for slot, playing in enumerate(self._playing) if playing is None]

    def submit(self, slot: int, spec: TrialSpec) -> None:
        """Start a trial in an idle slot; a busy one, or a closed pool, raises ValueError."""
        self._check_idle(slot, closed=self._closed)
        recording = self._play(spec)
        now = self._clock.now()
        start = now + recording.overhead_seconds
        coming: list[tuple[float, Event]] = [
            (now, PhaseEvent(slot, spec, "launch")),
            (start, PhaseEvent(slot, spec, "train")),
        ]
        if recording.calibration is not None:
            coming.insert(1, (now, CalibrationEvent(slot, spec, recording.calibration)))
        coming += [(start + tick.clock_seconds, TickEvent(slot, spec, tick)) for tick in recording.ticks]
        end = max(coming[-1][0], start + recording.outcome.clock_seconds) + recording.closing_seconds
        coming.append((end, OutcomeEvent(slot, spec, recording.outcome)))
        self._playing[slot] = _Playing(spec, start, coming)

    def stop(self, slot: int, request: StopRequest) -> None:
        """End the trial in a slot at the present time; its outcome comes with the next poll."""
        playing = self._playing[slot]
        if playing is None:
            return
        now = self._clock.now()
        # What lies at or before the present has happened, whether or not it has been polled.
        playing.coming = happened = [entry for entry in playing.coming if entry[0] <= now]
        if happened and isinstance(happened[-1][1], OutcomeEvent):
            return
        ticks = [event.tick for _, event in happened if isinstance(event, TickEvent)]
        outcome = _stopped(request, ticks[-1] if ticks else playing.last_tick, max(0.0, now - playing.starts_at))
        happened.append((now, OutcomeEvent(slot, playing.spec, outcome)))

    def poll(self, timeout_seconds: float) -> list[Event]:
        """Move the clock to the next event, at most by `timeout_seconds`, and return what happens then."""
        now = self._clock.now()
        if self._closed:
            timeout_seconds = 0.0
        next_time = min((playing.coming[0][0] for playing in self._playing if playing), default=float("inf"))
        if next_time > now + timeout_seconds:
            self._clock.sleep(max(0.0, timeout_seconds))
            return []
        self._clock.sleep(max(0.0, next_time - now))
        return [event for slot in range(self.slots) for event in self._due(slot, max(now, next_time))]

    def close(self) -> None:
        """End all trials as interrupted; `poll` returns their outcomes. Closing twice is harmless."""
        if not self._closed:
            for slot in range(self.slots):
                self.stop(slot, StopRequest(OutcomeKind.INTERRUPTED))
        self._closed = True

    def _due(self, slot: int, until: float) -> list[Event]:
        """Take out the slot's events up to a time."""
        due: list[Event] = []
        while (playing := self._playing[slot]) is not None and playing.coming[0][0] <= until:
            _, event = playing.coming.pop(0)
            due.append(event)
            if isinstance(event, TickEvent):
                playing.last_tick = event.tick
            elif isinstance(event, OutcomeEvent):
                self._playing[slot] = None
        return due


def _stopped(request: StopRequest, tick: Tick | None, clock_seconds: float) -> Outcome:
    """Return the outcome of a trial that stopped when asked, with the values of its last tick."""
    tick = tick or Tick(index=0, clock_seconds=0.0)
    return Outcome(
        request.kind,
        "stopped on request",
        rule=request.rule,
        final_return=tick.estimate,
        best_return=tick.best,
        clock_seconds=clock_seconds,
        env_steps=tick.env_steps,
        updates=tick.updates,
    )
