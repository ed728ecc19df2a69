"""How a running trial talks to the process that started it."""

from dataclasses import dataclass
from typing import Literal, Protocol

from tuner.records import OutcomeKind, Tick

Phase = Literal["launch", "compile", "train", "evaluate"]
"""What a trial is doing; the watcher's deadline for signs of life depends on it."""


@dataclass(frozen=True)
class StopRequest:
    """A request of the manager to end a trial now."""

    kind: OutcomeKind
    """`PRUNED` or `INTERRUPTED`."""
    rule: str | None = None
    """The pruning rule, for `PRUNED`."""


class Channel(Protocol):
    """A trial's connection to its watcher. No call may block, because the training clock goes on meanwhile."""

    def phase(self, phase: Phase) -> None:
        """Say that the trial entered a phase."""
        ...

    def notice(self, text: str) -> None:
        """Tell the user something about this trial that does not stop it."""
        ...

    def alive(self) -> None:
        """Give a sign of life; called at every step, so implementations limit the rate."""
        ...

    def tick(self, tick: Tick) -> None:
        """Report one tick."""
        ...

    def stop_requested(self) -> StopRequest | None:
        """Return the request to stop, if there is one."""
        ...


class SilentChannel:
    """A channel that nobody listens to; keeps ticks and notices."""

    def __init__(self) -> None:
        self.ticks: list[Tick] = []
        self.notices: list[str] = []

    def phase(self, phase: Phase) -> None:
        """Ignore the phase."""

    def notice(self, text: str) -> None:
        """Keep the notice."""
        self.notices.append(text)

    def alive(self) -> None:
        """Ignore the sign of life."""

    def tick(self, tick: Tick) -> None:
        """Keep the tick."""
        self.ticks.append(tick)

    def stop_requested(self) -> StopRequest | None:
        """Never ask to stop."""
        return None
