"""Whole episodes in numbers."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from tuner.training import WholeEpisodes

INTERVAL = 0.95
REPLICATES = 2000
"""Bootstrap samples behind the interval of the mean."""


@dataclass(frozen=True)
class EpisodeSummary:
    """What a policy earned in a number of whole episodes."""

    episodes: int
    mean: float
    """Mean return."""
    low: float | None
    """Lower end of the mean's 95 % bootstrap interval; None for a single episode."""
    high: float | None
    median: float
    minimum: float
    maximum: float
    failed: float
    """Share of the episodes that ended by failure, the others by time."""
    mean_length: float
    """Mean episode length in control steps."""
    median_length: float
    shortest: int
    longest: int
    max_length: int
    """Control steps after which an episode is truncated."""
    metrics: dict[str, float] = field(default_factory=dict)
    """What the task measures, by its own names: means over the steps of all episodes, up to the end of each."""

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as a JSON-safe dictionary."""
        return asdict(self)


def summarize(episodes: "WholeEpisodes", *, max_length: int, seed: int) -> EpisodeSummary:
    """Return the summary of at least one episode.

    Args:
        episodes: returns, lengths, endings, and what the task measured.
        max_length: control steps after which an episode is truncated.
        seed: draws the bootstrap.
    """
    returns, lengths = episodes.returns, episodes.lengths
    low, high = bootstrap_interval(returns, np.random.default_rng(seed))
    return EpisodeSummary(
        episodes=len(returns),
        mean=float(returns.mean()),
        low=low,
        high=high,
        median=float(np.median(returns)),
        minimum=float(returns.min()),
        maximum=float(returns.max()),
        failed=float(episodes.failed.mean()),
        mean_length=float(lengths.mean()),
        median_length=float(np.median(lengths)),
        shortest=int(lengths.min()),
        longest=int(lengths.max()),
        max_length=max_length,
        metrics=episodes.metrics.means(),
    )


def bootstrap_interval(
    values: npt.NDArray[np.float64], random: np.random.Generator
) -> tuple[float, float] | tuple[None, None]:
    """Return the percentile bootstrap interval of the mean, Efron & Tibshirani 1993, chapter 13.

    Args:
        values: independent of each other, shape (n,); one alone has no interval.
        random: draws the samples.
    """
    count = len(values)
    if count < 2:
        return None, None
    means = [values[random.integers(count, size=count)].mean() for _ in range(REPLICATES)]
    low, high = np.quantile(means, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2])
    return float(low), float(high)
