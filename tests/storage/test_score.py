"""The score, by hand: budget 100 s, target 15."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.config import ObjectiveConfig
from tuner.storage._score import best_return_of, score, shortfall, worst_score

TARGET = ObjectiveConfig(kind="time_to_return", target=15.0)
AT_BUDGET = ObjectiveConfig(kind="return_at_budget")


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        (0.0, 150.0),  # gap 15: 15 / (15 + 15) = 0.5
        (10.0, 125.0),  # gap 5: 5 / 20 = 0.25
        (-30.0, 175.0),  # gap 45: 45 / 60 = 0.75
        (15.0, 100.0),  # there, but not confirmed
        (20.0, 100.0),
        (None, 200.0),
        (math.nan, 200.0),
        (-math.inf, 200.0),
    ],
)
def test_short_of_the_target(best: float | None, expected: float) -> None:
    assert score(TARGET, budget_seconds=100.0, best_return=best) == pytest.approx(expected)


def test_a_small_target_does_not_blow_up_the_scale() -> None:
    # target 0.1: the scale is max(1, 0.1) = 1; gap 1 gives 1 / (1 + 1) = 0.5
    assert shortfall(-0.9, 0.1) == pytest.approx(0.5)
    # target −400, as in pendulum-like tasks: gap 400 gives 400 / (400 + 400)
    assert shortfall(-800.0, -400.0) == pytest.approx(0.5)


def test_reached() -> None:
    assert score(TARGET, budget_seconds=100.0, best_return=15.2, reached_seconds=42.0) == 42.0
    # a crossing noticed just after the budget's end must not look like a miss
    assert score(TARGET, budget_seconds=100.0, best_return=15.2, reached_seconds=100.4) == 100.0


def test_return_at_budget() -> None:
    assert score(AT_BUDGET, budget_seconds=100.0, best_return=7.5) == -7.5
    assert score(AT_BUDGET, budget_seconds=100.0, best_return=None) == math.inf
    assert worst_score(AT_BUDGET, budget_seconds=100.0) == math.inf


def test_a_target_is_needed() -> None:
    objective = ObjectiveConfig(kind="return_at_budget").model_copy(update={"kind": "time_to_return"})
    with pytest.raises(ValueError, match="has no target"):
        score(objective, budget_seconds=100.0, best_return=1.0)


returns = st.floats(-1e6, 1e6)


@given(returns, returns, st.floats(-1e4, 1e4))
def test_a_higher_return_never_scores_worse_and_the_worst_is_never_attained(a: float, b: float, target: float) -> None:
    objective = ObjectiveConfig(kind="time_to_return", target=target)
    low, high = (score(objective, budget_seconds=60.0, best_return=value) for value in sorted((a, b)))
    assert 60.0 <= high <= low < 120.0


@given(st.floats(-1e4, 15.0))
def test_the_return_can_be_read_back(value: float) -> None:
    number = score(TARGET, budget_seconds=100.0, best_return=value)
    assert best_return_of(number, TARGET, budget_seconds=100.0) == pytest.approx(value, rel=1e-6, abs=1e-6)


def test_what_cannot_be_read_back() -> None:
    assert best_return_of(200.0, TARGET, budget_seconds=100.0) is None
    assert best_return_of(math.inf, AT_BUDGET, budget_seconds=100.0) is None
    assert best_return_of(-7.5, AT_BUDGET, budget_seconds=100.0) == 7.5
    assert best_return_of(42.0, TARGET, budget_seconds=100.0) == 15.0
