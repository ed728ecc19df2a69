"""What the manager sees of its workers: slots that take a trial each, and events that come back."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

from tuner.config import TrialSpec
from tuner.records import Outcome, Tick
from tuner.training import Phase, StopRequest


@dataclass(frozen=True)
class PhaseEvent:
    """A trial entered a phase."""

    slot: int
    spec: TrialSpec
    phase: Phase


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


Event = PhaseEvent | TickEvent | OutcomeEvent


class WorkerPool(ABC):
    """A fixed number of slots, each training at most one trial at a time.

    Every submitted trial ends in exactly one `OutcomeEvent`, whatever happens to the process that trains it: a dead
    worker becomes `crashed`, a silent one `hung`, and its slot comes back with a fresh process.
    `tests/contracts/pool.py` checks this for every implementation.
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
        """Start a trial in an idle slot; a busy one raises ValueError."""

    @abstractmethod
    def stop(self, slot: int, request: StopRequest) -> None:
        """Ask the trial in a slot to end; its outcome still arrives as an event. An idle slot is left alone."""

    @abstractmethod
    def poll(self, timeout_seconds: float) -> list[Event]:
        """Return the events that have come in, in order; wait for the first up to `timeout_seconds`."""

    @abstractmethod
    def close(self) -> None:
        """End all workers within seconds, by force if they do not listen. Closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
