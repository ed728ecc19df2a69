"""The rule `hopeless` with S-curves: a budget of 100 s in 20 ticks, and returns in units of the target."""

import math

import numpy as np
import pytest

from tests.study.pruners.situations import situation
from tuner.study.pruners._s_curve import HopelessSCurve

BETTER = (110.0,) * 10


def s_curve(start: float, rise: float, middle: float, width: float, *, ticks: int, upto: int) -> np.ndarray:
    shares = np.arange(1, upto + 1) / ticks
    return start + rise / (1.0 + np.exp(-(shares - middle) / width))


def scores(returns) -> tuple[float, ...]:
    """Scores of returns minus the target: B · (1 + g / (1 + g)) with g = −return."""
    return tuple(100.0 * (1.0 - value / (1.0 - value)) for value in returns)


def test_a_rise_that_is_seen_is_continued():
    rule = HopelessSCurve()
    # From −1 by 1.5 about the middle of the budget: 0.5 above the target at its end, and half of that by tick 10 of 20.
    strong = s_curve(-1.0, 1.5, 0.5, 0.1, ticks=20, upto=10)
    # By 0.6: at its end 0.4 below the target, and from tick 15 on it hardly rises any more.
    weak = s_curve(-1.0, 0.6, 0.5, 0.1, ticks=20, upto=19)
    assert rule.chance(strong, 20.0, 20) > 0.7
    assert rule.chance(weak[:15], 20.0, 20) < 0.25
    assert rule.chance(weak, 20.0, 20) < 0.02


def test_a_flat_curve_may_still_rise_as_long_as_there_is_time():
    rule = HopelessSCurve()
    chances = [rule.chance(np.full(upto, -0.8), 20.0, 20) for upto in (2, 8, 14, 18, 20)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.2
    assert chances[-1] < 0.01


def test_what_is_expected_of_a_rise_decides_about_a_flat_curve():
    flat = np.full(8, -0.8)
    low, high = (HopelessSCurve(rise=rise, rise_std=0.2).chance(flat, 20.0, 20) for rise in (0.2, 1.5))
    assert low < 0.05 < high


def test_a_longer_way_to_go_is_less_likely():
    rule = HopelessSCurve()
    far, near = (rule.chance(np.full(8, start), 20.0, 20) for start in (-3.0, -0.3))
    assert far < near


def test_ticks_without_an_estimate_are_left_out():
    rule = HopelessSCurve()
    curve = s_curve(-1.0, 1.5, 0.5, 0.1, ticks=20, upto=10)
    assert rule.chance(np.array([-math.inf, *curve[1:]]), 20.0, 20) == pytest.approx(
        rule.chance(curve, 20.0, 20), abs=0.02
    )


@pytest.mark.parametrize(
    ("changes", "fires"),
    [
        ({"tick": 18}, True),
        ({"tick": 9}, False),  # before the warm-up
        ({"tick": 18, "peers": (190.0,) * 10}, False),  # the leader
        ({"tick": 18, "budget_seconds": None}, False),
        ({"tick": 10, "best_seconds": 42.0}, True),  # the cap is 52.5 s, tick 10.5
    ],
)
def test_a_flat_curve_is_stopped_late(changes, fires):
    flat = scores([-0.8] * changes["tick"])
    assert HopelessSCurve().fires(situation(scores=flat, **{"peers": BETTER, **changes})) is fires


def test_a_trial_without_an_estimate_is_left_alone():
    assert not HopelessSCurve().fires(situation(tick=18, scores=(200.0,) * 18, peers=BETTER))
