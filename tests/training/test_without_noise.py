import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.records import Evaluation
from tuner.training import Goals, ReturnEstimate
from tuner.training._without_noise import EXPECTED_SLOPE, STEEPEST, WithoutNoise

RETURNS = st.floats(-1e4, 1e4)


def estimate(mean, half=1.0):
    return ReturnEstimate(mean, mean - half, mean + half, observed=1.0)


def evaluation(mean, seconds=0.0):
    return Evaluation(clock_seconds=seconds, mean=mean, standard_error=0.1, episodes=16, mean_length=100.0)


def test_before_an_evaluation_the_estimate_stays_and_a_little_more_is_hoped_for():
    subject = WithoutNoise()
    assert subject.consider(estimate(-10.0), 1.0) == estimate(-10.0)
    assert subject.hoped == -10.0
    assert subject.consider(estimate(10.0), 2.0) == estimate(10.0)
    assert subject.hoped == -10.0 + EXPECTED_SLOPE * 20.0


def test_an_evaluation_puts_a_line_through_itself_and_the_lowest_estimate():
    subject = WithoutNoise()
    for seconds, mean in enumerate((-5.0, -10.0, 10.0)):
        subject.consider(estimate(mean), float(seconds))
    subject.learn(evaluation(20.0))
    found = subject.consider(estimate(12.0), 3.0)  # (20 + 10) / (10 + 10) = 1.5
    assert (found.mean, found.low, found.high) == (23.0, 21.5, 24.5)
    assert subject.hoped == 23.0


@pytest.mark.parametrize(("evaluated", "slope"), [(-30.0, 1.0), (1e6, STEEPEST)])
def test_the_line_is_neither_flatter_than_the_estimates_nor_absurdly_steep(evaluated, slope):
    subject = WithoutNoise()
    subject.consider(estimate(0.0), 1.0)
    subject.consider(estimate(10.0), 2.0)
    subject.learn(evaluation(evaluated))
    assert subject.consider(estimate(11.0), 3.0).mean == evaluated + slope


def test_an_evaluation_of_the_lowest_estimate_shifts_the_others():
    subject = WithoutNoise()
    subject.consider(estimate(12.0), 1.0)
    subject.learn(evaluation(15.0))
    assert subject.consider(estimate(13.0), 2.0).mean == 16.0


def test_returns_are_timed_between_two_evaluations():
    subject = WithoutNoise()
    for seconds in range(5):
        subject.consider(estimate(float(seconds)), float(seconds))
    first = subject.learn(evaluation(8.0))  # noise costs as much as is earned with it
    assert [first(goal) for goal in (0.0, 1.9, 4.0, 8.0, 9.0)] == [0.0, 1.0, 2.0, 4.0, 4.0]
    for seconds in range(5, 9):
        subject.consider(estimate(4.0), float(seconds))
    second = subject.learn(evaluation(12.0))  # 4 more in 4 s, with the same estimates
    assert [second(goal) for goal in (9.0, 10.5, 12.0)] == [5.0, 7.0, 8.0]


def test_nothing_is_known_before_an_estimate():
    with pytest.raises(ValueError, match="no estimate"):
        WithoutNoise().learn(evaluation(1.0))
    with pytest.raises(ValueError, match="no estimate"):
        _ = WithoutNoise().hoped


@given(st.lists(RETURNS, min_size=1, max_size=30), st.lists(RETURNS, min_size=1, max_size=3), st.data())
def test_the_order_of_estimates_and_the_last_evaluation_are_kept(means, evaluated, data):
    subject = WithoutNoise()
    seconds = since = 0.0
    for value in evaluated:
        for mean in means:
            seconds += 1.0
            found = subject.consider(estimate(mean), seconds)
            assert found.low <= found.mean <= found.high
        timed = subject.learn(evaluation(value))
        goal = data.draw(st.floats(-2e4, value))
        assert since <= timed(goal) <= seconds
        since = seconds
        again = subject.consider(estimate(means[-1]), seconds)
        assert again.mean == pytest.approx(value)


@pytest.mark.parametrize("cost", [0.0, 0.2, 0.5])
@pytest.mark.parametrize("milestones", [(), (15.0,)])
def test_a_policy_that_learns_is_booked_when_it_reaches_its_target_whatever_noise_costs(cost, milestones):
    # The return without noise rises in the shape of an S to 40; noise takes a share of what it has risen by.
    budget, rng = 100.0, np.random.default_rng(0)
    clock = np.linspace(0.0, budget, 161)
    without = -12.0 + 52.0 / (1.0 + np.exp(-(clock - 45.0) / 8.0))
    goals, evaluations = Goals(25.0, milestones, budget, all_explore=True), 0
    for seconds, truth in zip(clock, without, strict=True):
        mean = truth - cost * (truth + 12.0) + 0.3 * rng.standard_normal()
        goals.consider(estimate(mean), float(seconds))
        if goals.pending:
            evaluations += 1
            if goals.conclude(evaluation(truth, float(seconds)), cost_seconds=1.0):
                break
    assert evaluations <= 3 + 2 * len(milestones)
    tick = budget / 40
    assert abs(goals.reached_seconds - np.interp(25.0, without, clock)) <= 2 * tick
    for milestone in goals.milestones:
        assert abs(milestone.reached_seconds - np.interp(milestone.goal, without, clock)) <= 2 * tick
