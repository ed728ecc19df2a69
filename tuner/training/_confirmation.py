"""When an estimate is trusted enough to be checked by a real evaluation, and what counts as the best return so far."""

import math
from dataclasses import dataclass

from tuner.records import Evaluation

_FIRST_PAUSE_SHARE = 0.025
_LONGEST_PAUSE_SHARE = 0.1
_HALF_LIFE_SHARE = 0.05


@dataclass(frozen=True)
class Crossing:
    """The moment at which the estimate reached the target."""

    clock_seconds: float
    low: float
    """Lower end of the estimate then, uncorrected."""


class Confirmation:
    """Decides when to evaluate, and keeps the best return so far.

    **When.** The lower end of the estimate must reach the target. If the evaluation then disagrees, the amount by which
    the estimate had promised too much is held against it: the corrected lower end (`low − excess`) must reach the
    target the next time. In other words the estimate has to rise by as much as the evaluation fell short. Since the
    excess may have been a fluke, it halves with every 5 % of the budget. Evaluations cost wall-clock time although none
    on the training clock, so after a failure the next waits 2.5 % of the budget, then 5 %, then always 10 %: at most a
    dozen in a trial.

    **Best.** The highest corrected lower end so far, below the target; the lower end, because the highest of many noisy
    estimates would flatter whoever was measured most often. An evaluation is worth more than estimates: a failed one
    replaces what they had claimed (the best may fall then). What is not confirmed never counts as the target reached.
    """

    def __init__(self, target: float | None, budget_seconds: float) -> None:
        """Start with no estimate.

        Args:
            target: the return that counts as solved; None never evaluates.
            budget_seconds: the trial's budget on the training clock.
        """
        self._target = target
        self._budget_seconds = budget_seconds
        self._excess = 0.0
        self._failures = 0
        self._failed_seconds = 0.0
        self._best: float | None = None
        self._best_evaluated: float | None = None
        self._pending: Crossing | None = None

    @property
    def best(self) -> float | None:
        """The best return so far; None before there was an estimate."""
        return self._best

    @property
    def pending(self) -> Crossing | None:
        """The crossing that waits for its evaluation, if there is one."""
        return self._pending

    def consider(self, low: float, clock_seconds: float) -> None:
        """Take in the lower end of an estimate made at `clock_seconds`."""
        corrected = low - self._excess_at(clock_seconds)
        if self._target is None or corrected < self._target:
            self._best = corrected if self._best is None else max(self._best, corrected)
        elif self._pending is None and clock_seconds >= self._failed_seconds + self._pause_seconds():
            self._pending = Crossing(clock_seconds=min(clock_seconds, self._budget_seconds), low=low)

    def conclude(self, evaluation: Evaluation) -> bool:
        """Compare the pending crossing with its evaluation; return whether the target is reached.

        Raises:
            ValueError: if no crossing was pending.
        """
        if self._pending is None or self._target is None:
            raise ValueError("there is no crossing to confirm")
        crossing, self._pending = self._pending, None
        mean = evaluation.mean
        self._best_evaluated = mean if self._best_evaluated is None else max(self._best_evaluated, mean)
        self._best = self._best_evaluated
        if mean >= self._target:
            return True
        self._excess = crossing.low - mean
        self._failures += 1
        self._failed_seconds = evaluation.clock_seconds
        return False

    def _excess_at(self, clock_seconds: float) -> float:
        half_lives = (clock_seconds - self._failed_seconds) / (_HALF_LIFE_SHARE * self._budget_seconds)
        return self._excess * math.exp2(-max(half_lives, 0.0))

    def _pause_seconds(self) -> float:
        if self._failures == 0:
            return 0.0
        share = min(_FIRST_PAUSE_SHARE * math.exp2(self._failures - 1), _LONGEST_PAUSE_SHARE)
        return share * self._budget_seconds
