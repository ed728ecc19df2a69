"""Who gets further seeds, worked out by hand.

With three seeds the t-test has two degrees of freedom, where P(T > t) = 1/2 − t / (2 √(2 + t²)).
"""

import numpy as np
import pytest

from tuner.confirm._race import race

BUDGET = 100.0


def standing(times, seeds=5, contenders=None, **options):
    contenders = contenders if contenders is not None else times.keys()
    return race(times, seeds=seeds, budget_seconds=BUDGET, contenders=contenders, **options)


def test_clearly_slower_after_three_seeds_is_dropped():
    # Differences 1, 2, 3: mean 2, deviation 1, t = 2 √3 = 3.464, p = 1/2 − 3.464 / (2 √14) = 0.0371.
    found = standing({1: [10.0, 10.0, 10.0], 2: [11.0, 12.0, 13.0]}, labels={1: "trial 1", 2: "trial 2"})
    assert found.racing == (1,)
    assert found.round == 4
    assert found.dropped == {2: "clearly slower than trial 1 after 3 seeds: 12.0 s against 10.0 s, p = 0.037"}


def test_not_clearly_slower_stays():
    # Differences 0, 2, 3: mean 5/3, deviation √(7/3), t = 1.890, p = 1/2 − 1.890 / (2 √5.571) = 0.0997.
    found = standing({1: [10.0, 10.0, 10.0], 2: [10.0, 12.0, 13.0]})
    assert (found.racing, found.round, found.dropped) == ((1, 2), 4, {})


def test_seeds_are_compared_one_by_one():
    # The same differences of 1, 2 and 3 s between seeds that differ far more; unpaired, p would be 0.47.
    found = standing({1: [10.0, 50.0, 90.0], 2: [11.0, 52.0, 93.0]})
    assert list(found.dropped) == [2]


def test_nobody_is_dropped_after_two_seeds_or_after_the_last():
    assert standing({1: [10.0, 10.0], 2: [90.0, 91.0]}).dropped == {}
    over = standing({1: [10.0, 10.0, 10.0], 2: [90.0, 91.0, 92.0]}, seeds=3)
    assert (over.round, over.dropped) == (4, {})


def test_the_round_is_the_first_that_someone_in_the_race_lacks():
    assert standing({1: [10.0], 2: []}).round == 1
    assert standing({1: [10.0], 2: [10.0]}).round == 2
    # 2 was dropped after the third seed, so only 1's fourth is missing.
    assert standing({1: [10.0, 10.0, 10.0], 2: [90.0, 91.0, 92.0]}).round == 4
    assert standing({1: [10.0] * 5, 2: [90.0, 91.0, 92.0]}).round == 6


def test_a_run_beyond_a_drop_changes_nothing():
    found = standing({1: [10.0] * 5, 2: [90.0, 91.0, 92.0, 1.0]})
    assert list(found.dropped) == [2]


def test_never_reaching_the_target_counts_with_the_budget():
    # Differences 80, 78, 79 from the budget of 100 s.
    found = standing({1: [20.0, 22.0, 21.0], 2: [None, None, None]})
    assert found.dropped[2].startswith("clearly slower than 1 after 3 seeds: 100.0 s against 21.0 s")


@pytest.mark.filterwarnings("error")
def test_differences_without_any_spread():
    # Alike on every seed: t is 0/0, and nobody is slower. Slower by the same on every seed: t is infinite, p is 0.
    assert standing({1: [None] * 3, 2: [None] * 3}).dropped == {}
    assert list(standing({1: [10.0] * 3, 2: [11.0] * 3}).dropped) == [2]


def test_a_reference_is_kept_unless_asked_and_never_leads():
    times = {1: [50.0, 51.0, 52.0], 2: [60.0, 62.0, 64.0], "ref": [10.0, 11.0, 10.0]}
    found = standing(times, contenders=(1, 2), kept=("ref",))
    assert list(found.dropped) == [2]  # by trial 1, although the reference is faster still
    slow = {1: [10.0, 11.0, 10.0], "ref": [50.0, 51.0, 52.0]}
    assert standing(slow, contenders=(1,), kept=("ref",)).dropped == {}
    assert list(standing(slow, contenders=(1,)).dropped) == ["ref"]


def test_racing_hardly_ever_changes_the_winner():
    """Races between candidates that are alike, or nearly: who wins with all seeds wins with those that racing gives."""
    draws = np.random.default_rng(0)
    races, same, saved = 150, 0, 0
    for _ in range(races):
        times = {key: list(draws.normal(mean, 25.0, size=5)) for key, mean in enumerate((60.0, 60.0, 90.0))}
        found = race(times, seeds=5, budget_seconds=240.0, contenders=times.keys())
        full = min(times, key=lambda key: np.mean(times[key]))
        same += min(found.racing, key=lambda key: np.mean(times[key])) == full
        saved += len(found.dropped)
    assert same >= 0.95 * races
    assert saved >= 0.3 * races  # most often the slow one
