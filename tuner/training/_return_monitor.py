"""The return of the policy as it is now, estimated from the last few steps of a group of robots."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from tuner.training._return_by_age import AgeTable, Floats, age_edges, episode_return, tabulate

INTERVAL = 0.90
"""Confidence level of the interval: by chance, its lower end is too high one time in twenty."""

REPLICATES = 200
"""Bootstrap samples behind an interval."""

MIN_OBSERVED = 0.5
"""There is no estimate before this share of the expected episode lies at ages at which robots have been seen.

At the start no robot is old. If robots fall, the expected episode is short and the estimate comes early. If none falls,
it waits for half an episode, because what older robots would do is a guess: every pole stays up at first.
"""

MIN_UNITS, MAX_UNITS = 16, 128
"""Bounds on the units that the bootstrap draws: few robots are cut into pieces of time, many are put into groups."""

_BACKLOG = 128
"""Steps that have left the window are tabulated in batches of this size, or when an estimate is asked for."""

_WINDOW_SHARE = 1 / 20
_WINDOW_EPISODES = 2
_OLDER_HALF_LIFE_SHARE = 0.25
"""Robots in step see an age once in an episode: of what they saw, the last time should count most."""
_PASSES_FOR_REWARDS, _PASSES_FOR_FAILURES = 1, 32
"""Where fewer robots passed through a bin within the window, older steps count as well. What a step earns is known
soon; how many of those that start fall at once is known after many starts only."""


def window_steps(robots: int, max_episode_steps: int) -> int:
    """Return how many of the last steps an estimate looks at.

    At least a twentieth of an episode (a gait cycle must fit), and at least as many as make two episodes' worth of
    steps over all robots together, so that every age is seen: 50 steps for 256 robots and episodes of 1,000 steps, 125
    for 16 probes, 2,000 for one robot. A longer window would be less noisy, but would describe older policies.
    """
    share = math.ceil(max_episode_steps * _WINDOW_SHARE)
    return max(share, math.ceil(_WINDOW_EPISODES * max_episode_steps / robots))


@dataclass(frozen=True)
class ReturnEstimate:
    """An estimated return with its interval."""

    mean: float
    low: float
    high: float
    observed: float
    """Share of the expected episode length at ages that were seen, between `MIN_OBSERVED` and 1."""


class ReturnMonitor:
    """Estimates the undiscounted return of an episode of a group of robots, as of the last few steps.

    Learning to stay on their feet puts the robots in step: all that fell together grow old together, and a short window
    then sees a narrow band of ages only. So steps that leave the window are kept apart and slowly forgotten. They are
    used for ages that the window has too few steps of: `_PASSES_FOR_REWARDS` and `_PASSES_FOR_FAILURES`.
    """

    def __init__(
        self,
        robots: npt.NDArray[np.intp],
        max_episode_steps: int,
        rng: np.random.Generator,
        *,
        window: int | None = None,
    ) -> None:
        """Watch a group of robots.

        Args:
            robots: their indices among all robots, shape (n,), at least one.
            max_episode_steps: steps after which an episode is truncated.
            rng: draws the bootstrap.
            window: how many of the last steps to look at; None for `window_steps`.
        """
        if len(robots) == 0:
            raise ValueError("a return monitor needs at least one robot to watch")
        self._robots = robots
        self._edges = age_edges(max_episode_steps)
        self._rng = rng
        self._rows = window or window_steps(len(robots), max_episode_steps)
        self._kept_rows = self._rows + _BACKLOG  # a ring: the window, and before it what is not yet in `_older`
        self._ages = np.zeros((self._kept_rows, len(robots)), dtype=np.int32)
        self._rewards = np.zeros((self._kept_rows, len(robots)), dtype=np.float32)
        self._terminated = np.zeros((self._kept_rows, len(robots)), dtype=np.bool_)
        self._units = _bootstrap_units(self._rows, len(robots))
        self._unit_count = int(self._units.max()) + 1
        self._older = AgeTable.empty(self._unit_count, len(self._edges) - 1)
        self._forget = 0.5 ** (1 / (_OLDER_HALF_LIFE_SHARE * max_episode_steps))
        self._count = 0
        self._forgotten = 0
        self._safe_passes = np.zeros(len(self._edges) - 1)
        """How often a robot grew older than the ages of each bin since the last failure there, shape (bins,)."""

    def observe(
        self, ages: npt.NDArray[np.int32], rewards: npt.NDArray[np.float32], terminated: npt.NDArray[np.bool_]
    ) -> None:
        """Take in one step of all robots, this group's and the others.

        Args:
            ages: steps each robot had taken in its episode before this one, shape (num_envs,).
            rewards: its reward, shape (num_envs,).
            terminated: whether its episode failed in this step (a time-out is no failure), shape (num_envs,).
        """
        if self._count - self._forgotten == self._kept_rows:
            self._forget_old_steps()
        row = self._count % self._kept_rows
        self._ages[row] = ages[self._robots]
        self._rewards[row] = rewards[self._robots]
        self._terminated[row] = terminated[self._robots]
        self._count += 1
        ages = self._ages[row]
        self._safe_passes += (ages[:, None] == self._edges[None, 1:] - 1).sum(axis=0)
        failed = ages[self._terminated[row]]
        self._safe_passes[np.searchsorted(self._edges[1:-1], failed, side="right")] = 0.0

    def estimate(self) -> ReturnEstimate | None:
        """Estimate the return of an episode; None while too little of an episode has been seen.

        The interval comes from a bootstrap over robots. Two things a bootstrap cannot see are added. Where nobody
        failed it would call failure impossible, so each replicate adds Gamma(1/2) failures, what Jeffreys' prior leaves
        to chance, among the robots that came to the end of one bin in the window or, if these are more, since the last
        failure there: where few have started, many may fall at once. And ages older than any seen borrow, in each
        replicate, from a random one of the older ages seen.
        """
        table = self._table()
        seen_units = table.steps.sum(axis=1) > 0
        if seen_units.sum() < 2:
            return None
        table = table.of_units(seen_units)
        pooled = table.pooled()
        point = episode_return(pooled, self._edges)
        if point.observed < MIN_OBSERVED:
            return None
        mean = float(point.mean)
        low, high = self._interval(table, pooled, mean)
        return ReturnEstimate(mean=mean, low=low, high=high, observed=float(point.observed))

    def _table(self) -> AgeTable:
        """Return what is known of each age, shape (units, bins)."""
        self._forget_old_steps()
        recent = self._tabulate(self._forgotten, self._count)
        older = self._older
        of_rewards = _share_of_older(recent.steps, older.steps, _PASSES_FOR_REWARDS * np.diff(self._edges))
        of_failures = _share_of_older(recent.passes, older.passes, _PASSES_FOR_FAILURES)
        table = recent.plus(older.scaled(of_rewards, of_failures))
        known = (table.steps.sum(axis=0) > 0.5).astype(np.float64)  # half a step is forgotten
        return table.scaled(known, known)

    def _forget_old_steps(self) -> None:
        """Move the steps that have left the window to `_older`; each counts less with every step that left later."""
        begin, end = self._forgotten, self._count - self._rows
        if end > begin:
            fading = self._forget ** np.arange(end - begin - 1, -1, -1.0)
            left = self._tabulate(begin, end, fading)
            faded = self._forget ** (end - begin)
            self._older = self._older.scaled(faded, faded).plus(left)
            self._forgotten = end

    def _tabulate(self, begin: int, end: int, step_weights: npt.NDArray[np.float64] | None = None) -> AgeTable:
        """Tabulate the steps from the begin-th to before the end-th, each counted with its weight, shape (steps,)."""
        steps = np.arange(begin, end)
        rows = steps % self._kept_rows
        weights = None if step_weights is None else np.repeat(step_weights, len(self._robots))
        return tabulate(
            self._ages[rows].ravel(),
            self._rewards[rows].ravel(),
            self._terminated[rows].ravel(),
            self._units[steps % self._rows].ravel(),
            self._edges,
            unit_count=self._unit_count,
            weights=weights,
        )

    def _interval(self, table: AgeTable, pooled: AgeTable, mean: float) -> tuple[float, float]:
        units = table.steps.shape[0]
        weights = _resampled(units, self._rng)
        seen = np.flatnonzero(pooled.steps)
        tail = self._rng.choice(seen[len(seen) // 2 :], size=REPLICATES)
        prior = np.zeros((REPLICATES, len(pooled.steps)))
        where = self._rng.choice(seen, size=REPLICATES)
        passes = np.maximum(np.maximum(pooled.passes, self._safe_passes), 1.0)[where]
        prior[np.arange(REPLICATES), where] = self._rng.gamma(0.5, size=REPLICATES) / passes
        means = episode_return(table.weighted(weights), self._edges, extra_failures=prior, tail_bins=tail).mean
        low, high = np.quantile(means, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
        widen = _small_sample_factor(units)
        return min(mean, float(mean + widen * (low - mean))), max(mean, float(mean + widen * (high - mean)))


def _share_of_older(recent: Floats, older: Floats, enough: Floats | float) -> Floats:
    """Return how much of what is older counts, so that each bin has enough if there is as much, shape (bins,).

    Args:
        recent: what the window has, shape (units, bins).
        older: what else there is, shape (units, bins).
        enough: of shape (bins,), or one number for all.
    """
    missing, there = enough - recent.sum(axis=0), older.sum(axis=0)
    share: Floats = np.clip(np.divide(missing, there, out=np.zeros_like(there), where=there > 0), 0.0, 1.0)
    return share


def _bootstrap_units(rows: int, robots: int) -> npt.NDArray[np.intp]:
    """Return which unit of the bootstrap each entry of the window belongs to, shape (rows, robots).

    A unit is a robot; or a piece of time of one, where there are few; or a group of several, where there are many.
    """
    pieces = min(rows, math.ceil(MIN_UNITS / robots))
    # The window is a ring, so a piece may straddle the seam between its newest and its oldest rows, which is harmless.
    piece = (np.arange(rows, dtype=np.intp) * pieces // rows)[:, None]
    robot = (np.arange(robots, dtype=np.intp) % MAX_UNITS)[None, :]
    units: npt.NDArray[np.intp] = robot * pieces + piece
    return units


def _resampled(units: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return how often each replicate, drawing as many with replacement, drew each unit, shape (REPLICATES, units)."""
    drawn = rng.integers(units, size=(REPLICATES, units)) + units * np.arange(REPLICATES)[:, None]
    return np.bincount(drawn.ravel(), minlength=REPLICATES * units).reshape(REPLICATES, units).astype(np.float64)


@lru_cache(maxsize=MAX_UNITS)
def _small_sample_factor(units: int) -> float:
    """Return by how much a bootstrap's percentile interval is too narrow for so few units.

    The bootstrap's variance lacks the factor n / (n − 1), and its quantiles are a Gaussian's instead of Student's
    (Hesterberg 2015, "What teachers should know about the bootstrap", section 3.1).
    """
    from scipy.special import ndtri, stdtrit

    upper = (1 + INTERVAL) / 2
    factor: Any = stdtrit(units - 1, upper) / ndtri(upper) * math.sqrt(units / (units - 1))
    return float(factor)
