"""The workers as the manager sees them: slots that take one trial each, and events that come back."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

from tuner.config import TrialSpec
from tuner.records import Calibration, Outcome, Tick
from tuner.training import Phase, StopRequest


@dataclass(frozen=True)
class PhaseEvent:
    """A trial entered a phase."""

    slot: int
    spec: TrialSpec
    phase: Phase


@dataclass(frozen=True)
class WaitEvent:
    """A trial waits for its simulator, which is starting and does what `doing` says; comes about once a second."""

    slot: int
    spec: TrialSpec
    doing: str


@dataclass(frozen=True)
class NoticeEvent:
    """Something that the user must know about a trial, or about the worker that trains it; each text comes once."""

    slot: int
    spec: TrialSpec
    text: str


@dataclass(frozen=True)
class CalibrationEvent:
    """What a trial runs on, and how fast that is; comes before the trial's first tick."""

    slot: int
    spec: TrialSpec
    calibration: Calibration


@dataclass(frozen=True)
class TickEvent:
    """A trial reported one tick of its grid."""

    slot: int
    spec: TrialSpec
    tick: Tick


@dataclass(frozen=True)
class OutcomeEvent:
    """A trial ended; the slot is free again, and nothing more comes from this trial."""

    slot: int
    spec: TrialSpec
    outcome: Outcome


@dataclass(frozen=True)
class PoolEvent:
    """Something that the user must know about the workers as a whole, such as a machine that joined or left."""

    text: str


Event = PhaseEvent | WaitEvent | NoticeEvent | CalibrationEvent | TickEvent | OutcomeEvent | PoolEvent

INTERRUPT_SECONDS = 10.0
"""How long a trial may take to stop after an interruption; then it is ended by force."""


class WorkerPool(ABC):
    """A fixed number of slots, each training at most one trial at a time.

    A slot may have to wait for a machine: it is not idle before it has one.

    Every submitted trial ends in exactly one `OutcomeEvent`, whatever happens to the process that trains it: a dead
    worker becomes `crashed`, a silent one `hung`, and its slot comes back with a fresh process. A trial that is
    interrupted ends within `INTERRUPT_SECONDS`, by force if need be. When a pool is closed, `submit` raises ValueError,
    `idle` is empty, and `poll` returns at once. `tests/contracts/pool.py` checks this for every implementation.
    """

    @property
    @abstractmethod
    def slots(self) -> int:
        """Number of slots."""

    @abstractmethod
    def idle(self) -> list[int]:
        """Return the slots that can take a trial now."""

    @abstractmethod
    def submit(self, slot: int, spec: TrialSpec) -> None:
        """Start a trial in an idle slot; a busy one, or a closed pool, raises ValueError."""

    @abstractmethod
    def stop(self, slot: int, request: StopRequest) -> None:
        """Ask the trial in a slot to end; its outcome still arrives as an event. An idle slot is left alone."""

    @abstractmethod
    def poll(self, timeout_seconds: float) -> list[Event]:
        """Return the events that have come in, in order; wait for the first up to `timeout_seconds`.

        A closed pool returns the events that are left, and does not wait.
        """

    @abstractmethod
    def close(self) -> None:
        """End all workers within seconds, by force if need be. Closing twice is harmless."""

    def _check_idle(self, slot: int, *, closed: bool) -> None:
        """Refuse a slot that cannot take a trial.

        Raises:
            ValueError: if the pool is closed, or the slot is busy or does not exist.
        """
        if closed:
            raise ValueError(f"slot {slot} cannot take a trial: the pool is closed")
        if slot not in self.idle():
            raise ValueError(f"slot {slot} cannot take a trial; idle slots: {self.idle()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
