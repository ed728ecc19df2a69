"""The rule `hopeless` for curves that stand, rise within a short time, and stand again."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import scipy  # loads scipy.special on first use

from tuner.study.pruners._hopeless import best_gaps
from tuner.study.pruners._rule import Situation

Numbers = npt.NDArray[np.float64]

_MIDDLES = np.linspace(0.0, 2.0, 21)
"""Where the rise may have its middle, in shares of the grid; all are equally likely beforehand."""
_WIDTHS = np.array([0.03, 0.1, 0.3])
"""How long it may take, in shares of the grid."""
_NOISE = 0.1
"""Standard deviation of a best return about its curve, in units of max(1, |target|). Neighbouring ticks share their
best return, so it is larger than what the curves show."""


@dataclass(frozen=True)
class HopelessSCurve:
    """Stop a trial that hardly has a chance to reach the target before the cap, if its curve is S-shaped.

    The best return is a + h · logistic((t − m) / w). For each m and w of a grid, a and h are fitted by least squares,
    with a normal prior for the rise h, which decides as long as the curve is flat; each fit counts by its evidence.
    This gives the probability that the curve is at the target when the cap is reached. As in `Hopeless`, the leader at
    this tick is spared. See Bishop, Pattern Recognition and Machine Learning, section 3.5, for the evidence.
    """

    least_chance: float = 0.05
    """The rule fires below this probability."""
    rise: float = 1.0
    """Mean of the prior for the rise, in units of max(1, |target|)."""
    rise_std: float = 1.0
    """Its standard deviation."""
    warmup: float = 0.5
    """Share of the budget, or of the cap once that is tighter, during which the rule does not fire."""
    name: str = "hopeless"

    def fires(self, situation: Situation) -> bool:
        """Return whether the target is out of reach."""
        if situation.budget_seconds is None:
            return False
        if situation.warming_up(self.warmup) or situation.better_peers == 0:
            return False
        returns = -np.array(best_gaps(situation.scores, situation.budget_seconds))
        if not math.isfinite(returns[-1]):
            return False
        return self.chance(returns, situation.cap_ticks, situation.ticks) < self.least_chance

    def chance(self, returns: Numbers, end: float, ticks: int) -> float:
        """Return the probability that a curve is at 0 at a later tick.

        Args:
            returns: the best return minus the target at the ticks from 1, in units of max(1, |target|), shape (n,);
                minus infinity before the first estimate.
            end: the later tick, possibly between two.
            ticks: points of the grid.
        """
        known = np.isfinite(returns)
        shapes = _shapes(ticks)[:, 1 : len(returns) + 1][:, known]
        y, count = returns[known], int(known.sum())
        s, middle = shapes - shapes.mean(axis=1, keepdims=True), y.mean()
        inner = 1.0 / self.rise_std**2
        precision = (s**2).sum(axis=1) / _NOISE**2 + inner
        rise = (s @ (y - middle) / _NOISE**2 + self.rise * inner) / precision
        evidence = 0.5 * (precision * rise**2 - np.log(precision))
        weights = np.exp(evidence - evidence.max())
        ahead = _logistic(end, ticks) - shapes.mean(axis=1)
        spread = np.sqrt(ahead**2 / precision + _NOISE**2 / count)
        chances = scipy.special.ndtr((middle + rise * ahead) / spread)
        return float(weights @ chances / weights.sum())


@lru_cache(maxsize=8)
def _shapes(ticks: int) -> Numbers:
    """Return each logistic curve at the ticks 0 … `ticks`, shape (middles · widths, ticks + 1)."""
    return np.stack([_logistic(float(tick), ticks) for tick in range(ticks + 1)], axis=1)


def _logistic(tick: float, ticks: int) -> Numbers:
    """Return each logistic curve at one tick, shape (middles · widths,)."""
    curves: Numbers = scipy.special.expit(((tick / ticks - _MIDDLES)[:, None] / _WIDTHS).ravel())
    return curves
