"""Restricted means of censored times, and their ratio, with bootstrap intervals.

For a run that did not reach its target within the budget, it is only known that it takes longer. The restricted mean
counts such a run with the budget: it is the mean of min(time, budget), which is defined for any share of successes and
compares learners under the same budget.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy  # loads scipy.stats, which is slow to import, on first use

CONFIDENCE = 0.95
RESAMPLES = 9999


@dataclass(frozen=True)
class Estimated:
    """A number with its interval; the interval is None for fewer than two runs."""

    value: float
    low: float | None
    high: float | None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:#.4g}"
        return f"{self.value:#.4g} ({self.low:#.4g} … {self.high:#.4g})"


def restricted(times: Sequence[float | None], budget: float) -> npt.NDArray[np.float64]:
    """Return the time of every run; the budget for runs that did not reach the target (None) or took longer."""
    return np.array([budget if time is None else min(time, budget) for time in times])


def mean_time(times: npt.NDArray[np.float64]) -> Estimated:
    """Return the mean of restricted times, shape (runs,), with its bootstrap interval."""
    return _estimated((times,), lambda sample, axis=-1: np.mean(sample, axis=axis))


def ratio_of_means(slow: npt.NDArray[np.float64], fast: npt.NDArray[np.float64]) -> Estimated:
    """Return the ratio of the first mean to the second. The runs of both, shape (runs,), are drawn independently."""
    return _estimated((slow, fast), lambda a, b, axis=-1: np.mean(a, axis=axis) / np.mean(b, axis=axis))


def _estimated(samples: tuple[npt.NDArray[np.float64], ...], statistic: Callable[..., Any]) -> Estimated:
    value = float(statistic(*samples))
    if min(map(len, samples)) < 2:
        return Estimated(value, None, None)
    interval = scipy.stats.bootstrap(
        samples,
        statistic,
        vectorized=True,
        method="percentile",
        n_resamples=RESAMPLES,
        confidence_level=CONFIDENCE,
        rng=np.random.default_rng(0),
    ).confidence_interval
    return Estimated(value, float(interval.low), float(interval.high))
