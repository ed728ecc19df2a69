"""The rule `dominated`, by hand: best time 40 s, κ = 1.25, so the cap stands at 50 s, which is tick 10 of 20."""

import pytest

from tests.study.pruners.situations import situation
from tuner.study.pruners._dominated import Dominated


@pytest.mark.parametrize(("tick", "fires"), [(9, False), (10, False), (11, True), (20, True)])
def test_fires_once_the_clock_is_past_the_cap(tick: int, fires: bool) -> None:
    # tick 10 stands at 10 · 100 / 20 = 50 s, which does not exceed 1.25 · 40 = 50; tick 11 stands at 55 s
    assert Dominated().fires(situation(tick=tick, best_seconds=40.0)) is fires


def test_waits_until_a_trial_has_reached_the_target() -> None:
    assert not Dominated().fires(situation(tick=20, best_seconds=None))


def test_does_not_apply_where_scores_are_not_seconds() -> None:
    assert not Dominated().fires(situation(tick=20, best_seconds=None, budget_seconds=None))


def test_the_cap_tightens_as_the_best_improves() -> None:
    # caps: 1.25 · 60 = 75 s (tick 15), 1.25 · 20 = 25 s (tick 5)
    assert not Dominated().fires(situation(tick=12, best_seconds=60.0))
    assert Dominated().fires(situation(tick=12, best_seconds=20.0))
