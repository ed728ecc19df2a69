"""What the replayed studies of several arms say together, with bootstrap intervals over the studies."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tuner.analysis import Estimated
from tuner.replay._replay import ArmResult

Numbers = npt.NDArray[np.float64]
_RESAMPLES = 2000
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class ArmSummary:
    """One arm, over all its studies. Intervals are of 95 %, from studies that are drawn with replacement.

    They are about the order of trials and their seeds, not about other configurations or tasks.
    """

    arm: str
    found: float
    """Share of the studies that had a configuration as good as their best one among those that would be confirmed."""
    found_seconds: Estimated
    """Mean wall-clock seconds until they did; a study that did not counts as long as it would take unpruned."""
    against_first: Estimated | None
    """The ratio of that to the first arm's, study by study; None for the first."""
    wall_seconds: Estimated
    """Mean length of a study."""
    final_seconds: Estimated
    """Mean true time of the configuration that a study ends with."""
    false_prunes: Estimated | None
    """Share of the stopped trials that would have become the best of their study, among those of which that is known;
    None if there are none."""
    losers: Estimated
    """Share of the workers' time that was spent on trials that did not become the best of their study."""
    stopped: float
    """Trials that a study stopped, on average."""
    cut: float
    """Trials of a study that would have gone on where their recording ends, on average."""

    def to_json(self) -> dict[str, Any]:
        """Return the summary as a JSON-safe dictionary."""
        return asdict(self)


def summarize_arms(results: Sequence[ArmResult], whole_seconds: Numbers, budget_seconds: float) -> list[ArmSummary]:
    """Return a summary of each arm.

    Args:
        results: the arms, which have the same number of studies.
        whole_seconds: length of each study if nothing was stopped, shape (studies,); see `tuner.replay.whole_seconds`.
        budget_seconds: training clock of a trial.
    """
    first = found_seconds(results[0], whole_seconds)
    return [
        _summary(result, found_seconds(result, whole_seconds), first if place else None, budget_seconds)
        for place, result in enumerate(results)
    ]


def found_seconds(result: ArmResult, whole_seconds: Numbers) -> Numbers:
    """Return when each study of an arm had a configuration as good as its best one to confirm, shape (studies,).

    A study that never did counts as long as it would take without pruning.
    """
    found = [study.found_seconds for study in result.studies]
    return np.array([whole if time is None else time for time, whole in zip(found, whole_seconds, strict=True)])


def ratio(above: Numbers, below: Numbers) -> Estimated:
    """Return the ratio of two sums over studies, with its bootstrap interval; a study keeps its pair of numbers.

    Args:
        above: shape (studies,).
        below: shape (studies,); with a positive sum.
    """
    value = float(above.sum() / below.sum())
    if len(above) < 2:
        return Estimated(value, None, None)
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(above), size=(_RESAMPLES, len(above)))
    sums = below[drawn].sum(axis=1)
    ratios = above[drawn].sum(axis=1)[sums > 0] / sums[sums > 0]
    low, high = np.percentile(ratios, _PERCENTILES)
    return Estimated(value, float(low), float(high))


def _summary(result: ArmResult, found: Numbers, first: Numbers | None, budget_seconds: float) -> ArmSummary:
    studies = result.studies
    ones = np.ones(len(studies))

    def each(name: str) -> Numbers:
        return np.array([getattr(study, name) for study in studies], dtype=np.float64)

    final = np.array([study.incumbents[-1][1] if study.incumbents else budget_seconds for study in studies])
    stopped, judged = each("stopped"), each("judged")
    return ArmSummary(
        arm=result.arm,
        found=float(np.mean([study.found_seconds is not None for study in studies])),
        found_seconds=ratio(found, ones),
        against_first=None if first is None else ratio(found, first),
        wall_seconds=ratio(each("wall_seconds"), ones),
        final_seconds=ratio(final, ones),
        false_prunes=ratio(each("lost"), judged) if judged.sum() > 0 else None,
        losers=ratio(each("loser_seconds"), each("worker_seconds")),
        stopped=float(stopped.mean()),
        cut=float(each("cut").mean()),
    )
