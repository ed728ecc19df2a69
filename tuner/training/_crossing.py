"""When an estimate is trusted enough to be checked by a real evaluation, and what counts as the best return so far."""

import math
from dataclasses import dataclass

from tuner.records import Evaluation

_FIRST_PAUSE_SHARE = 0.025
_LONGEST_PAUSE_SHARE = 0.1
_HALF_LIFE_SHARE = 0.05

ALLOWANCE_SHARE = 0.1
"""While evaluations have cost less than this share of the training clock, the estimate itself can ask for another."""


@dataclass(frozen=True)
class Crossing:
    """The moment at which the estimate reached the target."""

    clock_seconds: float
    mean: float
    """The estimate then, uncorrected."""
    low: float
    """Lower end of the estimate then, uncorrected."""


class CrossingCheck:
    """Decides when to evaluate, and keeps the best return so far.

    **When.** The estimate must reach the target: its lower end, or, while evaluations have cost less than
    `ALLOWANCE_SHARE` of the training clock, the estimate itself. A few probes have a wide interval, and waiting for its
    lower end would be booked as time to return; where episodes are cheap to simulate an evaluation settles it, and
    where they are not the allowance keeps a trial from spending its wall-clock time on them.

    If the evaluation disagrees, the amount by which the estimate was too high is subtracted from later ones: the
    corrected estimate (`low − excess`, or `mean − excess`) must reach the target the next time. In other words the
    estimate has to rise by as much as the evaluation fell short. Since the excess may have been a fluke, it halves with
    every 5 % of the budget. After a failure the next evaluation waits 2.5 % of the budget, then 5 %, then always 10 %:
    at most a dozen in a trial.

    **Best.** The highest corrected lower end so far, below the target; the lower end, because the highest of many noisy
    estimates would favour trials that are measured often. An evaluation outweighs estimates: a failed one replaces
    them, and the best may fall. A target that is not confirmed never counts as reached. Once it is confirmed, there are
    no more evaluations, and the best of a trial that trains on is the highest lower end.
    """

    def __init__(self, target: float | None, budget_seconds: float, *, corrects: bool = True) -> None:
        """Start with no estimate.

        Args:
            target: the return that counts as solved; None never evaluates.
            budget_seconds: the trial's budget on the training clock.
            corrects: False if the estimates have learned from evaluations already, and need no correction.
        """
        self._corrects = corrects
        self._target = target
        self._budget_seconds = budget_seconds
        self._excess_mean = 0.0
        self._excess_low = 0.0
        self._spent_seconds = 0.0
        self._reached = False
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

    def consider(self, mean: float, low: float, clock_seconds: float) -> None:
        """Take in an estimate made at `clock_seconds`, and its lower end."""
        left = self._excess_left(clock_seconds)
        corrected = low - left * self._excess_low
        if self._target is None or self._reached or corrected < self._target:
            self._best = corrected if self._best is None else max(self._best, corrected)
        if self._target is None or self._reached or self._pending is not None or not self._rested(clock_seconds):
            return
        allowed = self._spent_seconds <= ALLOWANCE_SHARE * clock_seconds
        if corrected >= self._target or (allowed and mean - left * self._excess_mean >= self._target):
            self._pending = Crossing(clock_seconds=min(clock_seconds, self._budget_seconds), mean=mean, low=low)

    def conclude(self, evaluation: Evaluation, *, cost_seconds: float) -> bool:
        """Compare the pending crossing with its evaluation; return whether the target is reached.

        Args:
            evaluation: of the policy that the crossing was seen in.
            cost_seconds: wall-clock seconds that it took.

        Raises:
            ValueError: if no crossing was pending.
        """
        if self._pending is None or self._target is None:
            raise ValueError("there is no crossing to confirm")
        crossing, self._pending = self._pending, None
        self._spent_seconds += cost_seconds
        mean = evaluation.mean
        self._best_evaluated = mean if self._best_evaluated is None else max(self._best_evaluated, mean)
        self._best = self._best_evaluated
        if mean >= self._target:
            self._reached = True
            return True
        if self._corrects:
            self._excess_mean = max(0.0, crossing.mean - mean)
            self._excess_low = max(0.0, crossing.low - mean)
        self._failures += 1
        self._failed_seconds = evaluation.clock_seconds
        return False

    def claim(self, evaluation: Evaluation) -> None:
        """Take an evaluation that another goal asked for as a crossing, if it reaches the target."""
        if self._target is None or self._reached or self._pending is not None or evaluation.mean < self._target:
            return
        clock_seconds = min(evaluation.clock_seconds, self._budget_seconds)
        self._pending = Crossing(clock_seconds, mean=evaluation.mean, low=evaluation.mean)

    def charge(self, cost_seconds: float) -> None:
        """Count an evaluation that was made for another goal, of `cost_seconds` wall-clock seconds."""
        self._spent_seconds += cost_seconds

    def _excess_left(self, clock_seconds: float) -> float:
        """Return the share of the excess that still counts."""
        half_lives = (clock_seconds - self._failed_seconds) / (_HALF_LIFE_SHARE * self._budget_seconds)
        return math.exp2(-max(half_lives, 0.0))

    def _rested(self, clock_seconds: float) -> bool:
        """Return whether the pause after the last failure is over."""
        if self._failures == 0:
            return True
        share = min(_FIRST_PAUSE_SHARE * math.exp2(self._failures - 1), _LONGEST_PAUSE_SHARE)
        return clock_seconds >= self._failed_seconds + share * self._budget_seconds
