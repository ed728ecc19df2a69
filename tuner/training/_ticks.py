"""The fixed grid of times at which a trial reports, the same for every trial of a study."""

from dataclasses import replace

from tuner.records import Tick


class TickGrid:
    """Hands out a trial's ticks in order, each exactly once.

    Tick k of n stands at k / n of the budget. One that was missed, because a single step or update lasted longer than
    the grid is wide, is filled in with what the tick before it said: that was the last that was known then.
    """

    def __init__(self, budget_seconds: float, ticks: int) -> None:
        self._budget_seconds = budget_seconds
        self._ticks = ticks
        self._last = Tick(index=0, clock_seconds=0.0)

    def seconds(self, index: int) -> float:
        """Return the training clock at which tick `index` stands."""
        return self._budget_seconds * index / self._ticks

    def due(self, clock_seconds: float) -> bool:
        """Whether a tick has been passed that was not handed out yet."""
        return self._last.index < self._ticks and clock_seconds >= self.seconds(self._last.index + 1)

    def pass_to(self, clock_seconds: float, now: Tick) -> list[Tick]:
        """Return every tick up to `clock_seconds` not handed out yet, oldest first.

        Args:
            clock_seconds: the training clock.
            now: what is known now; its index and time are replaced by those of the newest tick passed.
        """
        due = []
        while self.due(clock_seconds):
            index = self._last.index + 1
            newest = index == self._ticks or clock_seconds < self.seconds(index + 1)
            self._last = replace(now if newest else self._last, index=index, clock_seconds=self.seconds(index))
            due.append(self._last)
        return due
