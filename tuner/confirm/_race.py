"""Racing: which candidates get further seeds.

After every seed from the third on, each candidate is compared with the one of the smallest mean so far, seed by seed,
by a paired t-test (`scipy.stats.ttest_rel`, one-sided). One that is slower with p < 0.05 gets no further seeds.

Why a t-test, as in irace's t-race (https://doi.org/10.1016/j.orp.2016.09.002): the final comparison is of means, and
differences of tens of seconds show after three seeds. Wilcoxon's test, of which Optuna has a pruner
(`optuna.pruners.WilcoxonPruner`), sees only ranks: of four seeds the smallest p-value it can give is 1/16, of three
1/8, so with the usual three to five seeds it would hardly ever save one. The drawback: the threshold does not hold for
a whole race, since several candidates are compared, and again after each seed. A candidate that is dropped wrongly is
nearly as good as the leader; `tests/confirm/test_race.py` plays races between equal candidates and counts how often the
winner differs from the winner of a race with all seeds.
"""

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy  # loads scipy.stats, which is slow to import, on first use

from tuner.analysis import restricted

FIRST_ROUND = 3
"""Seeds before the first comparison; with two seeds, two differences that happen to be equal look certain."""
THRESHOLD = 0.05
"""A candidate is dropped when the p-value is below this."""

Key = int | str


@dataclass(frozen=True)
class Standing:
    """Where a race stands."""

    round: int
    """The round being run, 1 for the first seed; one more than there are seeds when the race is over."""
    racing: tuple[Key, ...]
    """The candidates that get further seeds."""
    dropped: Mapping[Key, str] = field(default_factory=dict)
    """Why the other candidates do not."""


def race(
    times: Mapping[Key, Sequence[float | None]],
    *,
    seeds: int,
    budget_seconds: float,
    contenders: Collection[Key],
    kept: Collection[Key] = (),
    labels: Mapping[Key, str] | None = None,
) -> Standing:
    """Replay a race from its runs; the same runs always give the same standing.

    Args:
        times: time to return by candidate, one for each seed in their order up to the first that is missing; None where
            the target was not reached.
        seeds: how many seeds there are.
        budget_seconds: the time that counts for a run that did not reach the target.
        contenders: those that can lead; a reference cannot.
        kept: those that are never dropped.
        labels: what candidates are called in the reasons.
    """
    values = {key: restricted(found, budget_seconds) for key, found in times.items()}
    racing, dropped = list(times), dict[Key, str]()
    for done in range(1, seeds + 1):
        if any(len(values[key]) < done for key in racing):
            return Standing(done, tuple(racing), dropped)
        able = [key for key in racing if key in contenders]
        if not FIRST_ROUND <= done < seeds or not able:
            continue
        leader = min(able, key=lambda key: float(values[key][:done].mean()))
        for key in [key for key in racing if key != leader and key not in kept]:
            p_value = _slower(values[key][:done], values[leader][:done])
            if p_value < THRESHOLD:
                racing.remove(key)
                means = f"{values[key][:done].mean():.1f} s against {values[leader][:done].mean():.1f} s"
                name = (labels or {}).get(leader, str(leader))
                dropped[key] = f"clearly slower than {name} after {done} seeds: {means}, p = {p_value:.2g}"
    return Standing(seeds + 1, tuple(racing), dropped)


def _slower(times: npt.NDArray[np.float64], leaders: npt.NDArray[np.float64]) -> float:
    """Return the p-value of the times being no longer than the leader's on the same seeds."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # Equal differences have no spread: p is 0, 1, or, if all are 0, not a number.
        warnings.simplefilter("ignore", RuntimeWarning)
        p_value = float(scipy.stats.ttest_rel(times, leaders, alternative="greater").pvalue)
    return 1.0 if np.isnan(p_value) else p_value
