"""The return of an episode, estimated from pieces of episodes that have not finished.

Finished episodes are a late and biased sample: what finishes first are the failures. Every step, however, says
something about its own age: what a robot of that age earns, and how likely it fails. Treating unfinished episodes as
right-censored turns those two into the return of a whole episode, as the actuary's life table does (Cutler & Ederer
1958, "Maximum utilization of the life table method in analyzing survival"), with rewards in place of years.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

AGE_BINS = 20
"""Bins over the age of an episode; fewer where an episode has fewer steps."""

_LAST_TO_FIRST_WIDTH = 12.0
"""How much wider the last bin is than the first: failures crowd into the first steps of an episode."""


def age_edges(max_episode_steps: int) -> npt.NDArray[np.intp]:
    """Cut the ages 0 … max_episode_steps − 1 into bins whose widths grow geometrically.

    For 1,000 steps the first of the 20 bins is 11 steps wide, the last 132.

    Args:
        max_episode_steps: steps after which an episode is truncated, at least 1.

    Returns:
        Edges, shape (bins + 1,): bin b holds the ages edges[b] … edges[b + 1] − 1.
    """
    if max_episode_steps < 1:
        raise ValueError(f"an episode has at least one step, not {max_episode_steps}")
    ratio = _LAST_TO_FIRST_WIDTH ** (1 / (AGE_BINS - 1))
    shares = (ratio ** np.arange(AGE_BINS + 1) - 1) / (ratio**AGE_BINS - 1)
    return np.unique(np.rint(shares * max_episode_steps).astype(np.intp))


@dataclass(frozen=True)
class AgeTable:
    """What was seen at each age, summed over steps; leading dimensions are independent samples.

    All arrays have the shape (…, bins).
    """

    steps: Floats
    """Steps taken at these ages, whose rewards count."""
    rewards: Floats
    """Sum of the rewards of these steps."""
    passes: Floats
    """How often a robot came to the end of these ages: by failing at one of them, or by growing older."""
    terminations: Floats
    """Failures among them; time-outs are not failures."""

    def weighted(self, weights: Floats) -> "AgeTable":
        """Sum the samples of a table of shape (units, bins) with `weights` of shape (samples, units)."""
        return AgeTable(*np.split(weights @ np.concatenate(self._sums(), axis=-1), 4, axis=-1))

    def of_units(self, chosen: npt.NDArray[np.bool_]) -> "AgeTable":
        """Return the rows of a table of shape (units, bins) that are chosen, shape (units,)."""
        return AgeTable(*(sums[chosen] for sums in self._sums()))

    def pooled(self) -> "AgeTable":
        """Sum over the units of a table of shape (units, bins)."""
        return AgeTable(*(sums.sum(axis=0) for sums in self._sums()))

    def plus(self, other: "AgeTable") -> "AgeTable":
        """Add another table."""
        return AgeTable(*(ours + theirs for ours, theirs in zip(self._sums(), other._sums(), strict=True)))

    def scaled(self, rewards: Floats | float, failures: Floats | float) -> "AgeTable":
        """Multiply what counts for rewards and what counts for failures by factors that broadcast over the table."""
        return AgeTable(
            self.steps * rewards, self.rewards * rewards, self.passes * failures, self.terminations * failures
        )

    @classmethod
    def empty(cls, units: int, bins: int) -> "AgeTable":
        """Return a table of shape (units, bins) in which nothing was seen."""
        return cls(*(np.zeros((units, bins)) for _ in range(4)))

    def _sums(self) -> tuple[Floats, Floats, Floats, Floats]:
        return self.steps, self.rewards, self.passes, self.terminations


def tabulate(
    ages: npt.NDArray[Any],
    rewards: npt.NDArray[Any],
    terminated: npt.NDArray[np.bool_],
    units: npt.NDArray[np.intp],
    edges: npt.NDArray[np.intp],
    *,
    unit_count: int,
    weights: Floats | None = None,
) -> AgeTable:
    """Sum steps, rewards, passes and terminations by unit and age.

    Args:
        ages: steps each robot had taken in its episode before this one, shape (n,).
        rewards: reward of each step, shape (n,).
        terminated: whether the episode failed in this step, shape (n,).
        units: which unit of the bootstrap each step belongs to, 0 … U − 1, shape (n,).
        edges: from `age_edges`.
        unit_count: U.
        weights: how much each step counts, shape (n,); None for 1.

    Returns:
        A table of shape (U, bins). Ages beyond the last edge are counted in the last bin.
    """
    bins = len(edges) - 1
    cells = units * bins + np.clip(np.searchsorted(edges, ages, side="right") - 1, 0, bins - 1)

    def total(quantity: npt.NDArray[Any] | None) -> Floats:
        if quantity is None or weights is None:
            counted = weights if quantity is None else quantity
        else:
            counted = weights * quantity
        return np.bincount(cells, counted, minlength=unit_count * bins).astype(np.float64).reshape(unit_count, bins)

    passed = terminated | np.isin(ages, edges[1:] - 1)
    return AgeTable(total(None), total(rewards), total(passed), total(terminated))


@dataclass(frozen=True)
class EpisodeReturn:
    """Estimates with one entry for each sample of the table they come from, shape (…,)."""

    mean: Floats
    """Expected return of an episode."""
    observed: Floats
    """Share of the expected episode length that lies at ages at which robots have been seen, between 0 and 1."""


def episode_return(
    table: AgeTable,
    edges: npt.NDArray[np.intp],
    *,
    extra_failures: Floats | float = 0.0,
    tail_bins: npt.NDArray[np.intp] | None = None,
) -> EpisodeReturn:
    """Estimate R = Σ_b S(b)·m(b)·r(b) over the bins b of ages, with S(b) = Π_{c<b} (1 − q(c)).

    r is the mean reward of a step at these ages. q is the share of the robots that reach a bin and fail in it, whenever
    that is: those that fail of those that come to its end. m is the mean number of steps in it, of w: w for those that
    grow older, and (w + 1) / 2 for those that fail, as if at any of its ages. A bin about which nothing is known
    borrows the pooled sums of the nearest bins on both sides, and ages older than any seen borrow from the oldest seen.

    Args:
        table: sums of shape (…, bins) with at least one step in every sample.
        edges: from `age_edges`, shape (bins + 1,).
        extra_failures: added to q, of a shape that broadcasts to (…, bins).
        tail_bins: the bin from which ages older than any seen borrow instead, if it was seen, shape (…,).
    """
    seen = table.steps > 0
    if not seen.any(axis=-1).all():
        raise ValueError("every sample of the table needs at least one step")
    steps, rewards = _borrowed((table.steps, table.rewards), tail_bins)
    passes, terminations = _borrowed((table.passes, table.terminations), tail_bins)
    failing = np.divide(terminations, passes, out=np.zeros_like(passes), where=passes > 0)
    failing = np.clip(failing + extra_failures, 0.0, 1.0)
    widths = np.diff(edges).astype(np.float64)
    mass = _survival_at_start(1.0 - failing) * (widths - failing * (widths - 1) / 2)
    return EpisodeReturn((mass * rewards / steps).sum(axis=-1), (mass * seen).sum(axis=-1) / mass.sum(axis=-1))


def _borrowed(sums: tuple[Floats, Floats], tail_bins: npt.NDArray[np.intp] | None) -> Floats:
    """Return both sums, shape (2, …, bins); bins in which the first one is zero have those of their neighbours."""
    known = sums[0] > 0
    left, right = _neighbours(known)
    if tail_bins is not None:
        source = np.asarray(tail_bins)[..., None]
        older_than_any = right == known.shape[-1]
        left = np.where(older_than_any & np.take_along_axis(known, source, axis=-1), source, left)
    return _pool(np.stack(sums), left, right)


def _survival_at_start(survive_bin: Floats) -> Floats:
    """Return the probability to live to the start of each bin, given the one to live through each, shape (…, bins)."""
    start = np.ones_like(survive_bin)
    start[..., 1:] = np.cumprod(survive_bin, axis=-1)[..., :-1]
    return start


def _neighbours(seen: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return for each bin the nearest seen bin at or below it (−1: none) and at or above it (bins: none)."""
    bins = seen.shape[-1]
    index = np.arange(bins)
    left = np.maximum.accumulate(np.where(seen, index, -1), axis=-1)
    right = np.minimum.accumulate(np.where(seen, index, bins)[..., ::-1], axis=-1)[..., ::-1]
    return left, right


def _pool(sums: Floats, left: npt.NDArray[np.intp], right: npt.NDArray[np.intp]) -> Floats:
    """Take each bin's own sums where it was seen (left = right), else those of its seen neighbours together.

    Args:
        sums: shape (quantities, …, bins).
        left: from `_neighbours`, shape (…, bins).
        right: the same, on its right.
    """
    bins = sums.shape[-1]
    flat = sums.reshape(len(sums), -1)
    begin = np.arange(0, left.size, bins).reshape(*left.shape[:-1], 1)  # of each sample in `flat`
    below = np.where(left >= 0, flat[:, begin + np.maximum(left, 0)], 0.0)
    above = np.where((right < bins) & (right != left), flat[:, begin + np.minimum(right, bins - 1)], 0.0)
    return below + above
