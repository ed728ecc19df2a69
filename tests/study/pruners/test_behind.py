"""The rule `behind`, by hand: it fires when more than 100 − q per cent of the peers are strictly better."""

import math

import pytest

from tests.study.pruners.situations import situation
from tuner.study.pruners._behind import Behind

TEN = tuple(float(score) for score in range(110, 210, 10))  # 110, 120, …, 200


@pytest.mark.parametrize(
    ("score", "fires"),
    [
        (155.0, False),  # 110 … 150 are better: 5 of 10, not more than half
        (165.0, True),  # 110 … 160 are better: 6 of 10
        (160.0, False),  # the tie at 160 does not count: 5 of 10
    ],
)
def test_half_of_the_peers(score: float, fires: bool) -> None:
    assert Behind(percentile=50.0).fires(situation(scores=(score,) * 10, peers=TEN)) is fires


@pytest.mark.parametrize(
    ("percentile", "score", "fires"),
    [
        (25.0, 185.0, True),  # 8 of 10 better, more than 7.5
        (25.0, 175.0, False),  # 7 of 10
        (75.0, 135.0, True),  # 3 of 10 better, more than 2.5
        (75.0, 125.0, False),  # 2 of 10
        (0.0, 1000.0, False),  # never more than all
        (100.0, 115.0, True),  # one better peer is enough
    ],
)
def test_other_percentiles(percentile: float, score: float, fires: bool) -> None:
    assert Behind(percentile=percentile).fires(situation(scores=(score,) * 10, peers=TEN)) is fires


def test_trials_pruned_earlier_count_as_worse() -> None:
    # alone with the three better ones it would be 3 of 3; with five that were pruned before, 3 of 8
    three = (110.0, 120.0, 130.0)
    assert Behind(min_peers=3).fires(situation(peers=three))
    assert not Behind(min_peers=3).fires(situation(peers=(*three, *[math.inf] * 5)))


@pytest.mark.parametrize(("count", "fires"), [(4, False), (5, True)])
def test_needs_enough_peers(count: int, fires: bool) -> None:
    assert Behind(min_peers=5).fires(situation(peers=(110.0,) * count)) is fires


@pytest.mark.parametrize(
    ("tick", "best_seconds", "fires"),
    [
        (4, None, False),  # a quarter of 20 ticks is tick 5
        (5, None, True),
        (2, 40.0, False),  # the cap is 50 s, tick 10; a quarter of it is tick 2.5
        (3, 40.0, True),
    ],
)
def test_warm_up_shrinks_with_the_cap(tick: int, best_seconds: float | None, fires: bool) -> None:
    facts = situation(tick=tick, best_seconds=best_seconds, peers=(110.0,) * 10)
    assert Behind(warmup=0.25).fires(facts) is fires


def test_a_trial_without_any_number_ties_with_pruned_ones_only() -> None:
    assert Behind().fires(situation(scores=(math.nan,) * 10, peers=TEN))
    assert not Behind().fires(situation(scores=(math.nan,) * 10, peers=(math.inf,) * 10))
