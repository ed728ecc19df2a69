"""The rule `hopeless`, by hand.

Budget 100 s, so a score s stands for the gap g = (s − 100) / (200 − s): 150 → 1, 180 → 4, 175 → 3, 160 → 1.5. In 20
ticks a stretch is 2 ticks long; the default optimism is 2.
"""

import math

import pytest

from tests.study.pruners.situations import situation
from tuner.study.pruners._hopeless import Hopeless, best_gaps, steepest_slope

BETTER = (110.0,) * 10


def score_of(gap: float) -> float:
    """Return the score of a gap: B · (1 + g / (1 + g))."""
    return 100.0 * (1.0 + gap / (1.0 + gap))


def falling(start: float, per_tick: float, ticks: int) -> tuple[float, ...]:
    return tuple(score_of(start - per_tick * tick) for tick in range(1, ticks + 1))


def test_gaps_of_scores() -> None:
    # NaN and a score without an estimate leave the gap as it was; a score within the budget has no gap
    gaps = best_gaps((200.0, 180.0, math.nan, 150.0, 160.0, 90.0), 100.0)
    assert gaps == pytest.approx([math.inf, 4.0, 4.0, 1.0, 1.0, 0.0])


def test_steepest_slope() -> None:
    # over two ticks: (9 − 8) / 2 = 0.5, (8.5 − 5) / 2 = 1.75, (8 − 4.8) / 2 = 1.6
    assert steepest_slope([9.0, 8.5, 8.0, 5.0, 4.8], stretch=2) == pytest.approx(1.75)
    assert steepest_slope([math.inf, math.inf, 3.0], stretch=2) is None
    assert steepest_slope([3.0, 2.0], stretch=2) is None


@pytest.mark.parametrize(
    ("per_tick", "fires"),
    [
        (0.1, True),  # at tick 10 the gap is 4 − 1 = 3; ten ticks at 2 · 0.1 close 2
        (0.14, False),  # the gap is 4 − 1.4 = 2.6; ten ticks at 2 · 0.14 close 2.8
    ],
)
def test_a_straight_curve(per_tick: float, fires: bool) -> None:
    assert Hopeless().fires(situation(scores=falling(4.0, per_tick, 10), peers=BETTER)) is fires


def test_a_cap_leaves_less_time() -> None:
    # best 48 s: the cap is 60 s, tick 12; at tick 10 the gap of 2.6 has two ticks left, in which 2 · 0.14 close 0.56
    facts = situation(scores=falling(4.0, 0.14, 10), peers=BETTER, best_seconds=48.0)
    assert Hopeless().fires(facts)


def test_only_the_second_half_of_the_curve_is_recent() -> None:
    # falls by 1 a tick up to tick 4, flat from then on: among ticks 6 … 10 the slope is 0
    scores = tuple(score_of(gap) for gap in (7.0, 6.0, 5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0))
    assert Hopeless().fires(situation(scores=scores, peers=BETTER))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tick": 9}, "half of the budget is tick 10"),
        ({"peers": ()}, "alone: nobody is ahead of it"),
        ({"peers": (150.0,) * 10}, "leads by a tie"),
        ({"scores": (200.0,) * 10}, "no estimate yet: nothing is known about its growth"),
        ({"scores": (100.0,) * 10}, "at the target already, not yet confirmed"),
        ({"budget_seconds": None}, "the study does not minimise time"),
    ],
)
def test_does_not_fire(changes: dict[str, object], why: str) -> None:
    assert Hopeless().fires(situation(peers=BETTER))
    assert not Hopeless().fires(situation(**{"peers": BETTER, **changes})), why
