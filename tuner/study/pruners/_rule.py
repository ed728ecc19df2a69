"""What a rule of the time-to-return pruner sees, and the interface of a rule."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from optuna.trial import FrozenTrial, TrialState


@dataclass(frozen=True)
class Situation:
    """One trial at one tick, beside its peers.

    Scores are those of `tuner.storage.score`: lower is better. The rules read the best so far.
    """

    tick: int
    """The tick just reported, 1 … `ticks`."""
    ticks: int
    """Points of the time grid in the whole budget."""
    scores: tuple[float, ...]
    """The trial's own scores in the order of its ticks; the last belongs to `tick`. NaN where it reported NaN."""
    peers: tuple[float, ...]
    """The other trials' scores at this tick; infinity for a trial that was pruned before it."""
    budget_seconds: float | None
    """Training clock of a whole trial; None where the study does not minimise time (`return_at_budget`)."""
    best_seconds: float | None
    """The best confirmed time to return in the study; None until a trial has reached the target."""
    kappa: float
    """A trial that has run for more than `kappa` times the best time has lost."""

    @property
    def clock_seconds(self) -> float:
        """The training clock at this tick; 0 where the study does not minimise time."""
        return 0.0 if self.budget_seconds is None else self.tick * self.budget_seconds / self.ticks

    @property
    def cap_ticks(self) -> float:
        """The tick, possibly between two, at which the trial is over: its budget is spent, or it has lost."""
        if self.budget_seconds is None or self.best_seconds is None:
            return float(self.ticks)
        return min(float(self.ticks), self.kappa * self.best_seconds / self.budget_seconds * self.ticks)

    def warming_up(self, warmup: float) -> bool:
        """Return whether the trial is still in this share of its budget, or of the cap once that is tighter."""
        return self.tick < warmup * self.cap_ticks

    @cached_property
    def score(self) -> float:
        """The trial's best score so far; infinity if it never reported a number."""
        return best_score(self.scores)

    @cached_property
    def better_peers(self) -> int:
        """How many peers have a strictly better score at this tick."""
        score = self.score
        return sum(peer < score for peer in self.peers)


class Rule(Protocol):
    """One reason to stop a trial."""

    @property
    def name(self) -> str:
        """The name recorded with the trials it stops."""
        ...

    def fires(self, situation: Situation) -> bool:
        """Return whether the trial should be stopped."""
        ...


def best_score(scores: Iterable[float]) -> float:
    """Return the lowest of some scores, NaN left out; infinity if nothing is left."""
    return min((value for value in scores if not math.isnan(value)), default=math.inf)


def score_at(trial: FrozenTrial, tick: int) -> float | None:
    """Return a peer's best score up to `tick`, or None if it cannot be compared there.

    A trial that was pruned before the tick counts as worse than all: infinity. One that completed before it keeps its
    final score. A running trial that has not reached it, and a failed one, cannot be compared.
    """
    if trial.state not in (TrialState.RUNNING, TrialState.COMPLETE, TrialState.PRUNED):
        return None
    last_tick = trial.last_step
    if last_tick is not None and last_tick >= tick:
        return best_score(value for step, value in trial.intermediate_values.items() if step <= tick)
    if trial.state is TrialState.COMPLETE and trial.value is not None:
        return trial.value
    return math.inf if trial.state is TrialState.PRUNED else None
