"""Target 10 with milestones 4 and 7, budget 100 s, so pauses of 2.5, 5, 10, 10, … s after a failed evaluation."""

import pytest

from tuner.records import Evaluation, Milestone
from tuner.training._goals import Goals
from tuner.training._return_monitor import ReturnEstimate


def goals(target=10.0, milestones=(4.0, 7.0), **more):
    return Goals(target, milestones, 100.0, **more)


def consider(subject, mean, low, seconds):
    return subject.consider(ReturnEstimate(mean, low, mean + 1.0, observed=1.0), seconds)


def conclude(subject, mean, seconds, cost_seconds=0.0):
    evaluation = Evaluation(clock_seconds=seconds, mean=mean, standard_error=0.1, episodes=16, mean_length=100.0)
    return subject.conclude(evaluation, cost_seconds=cost_seconds)


def reached(subject):
    return [milestone.reached_seconds for milestone in subject.milestones]


def test_each_milestone_is_reached_at_its_own_crossing():
    subject = goals()
    consider(subject, 4.5, 4.5, 10.0)
    assert subject.pending
    assert not subject.target_pending
    assert not conclude(subject, 4.4, 10.5)
    assert not subject.pending
    consider(subject, 7.5, 7.5, 30.0)
    assert not conclude(subject, 7.6, 30.5)
    assert subject.milestones == [Milestone(4.0, 10.0), Milestone(7.0, 30.0)]
    assert subject.reached_seconds is None


def test_one_evaluation_settles_all_goals_that_were_passed():
    subject = goals()
    consider(subject, 4.5, 4.5, 10.0)
    consider(subject, 7.5, 7.5, 11.0)
    consider(subject, 12.0, 12.0, 12.0)
    assert conclude(subject, 11.0, 12.5)
    assert not subject.pending
    assert reached(subject) == [10.0, 11.0]
    assert subject.reached_seconds == 12.0


def test_an_evaluation_below_some_goals_settles_those_at_or_below_its_mean():
    subject = goals()
    consider(subject, 12.0, 12.0, 12.0)
    assert not conclude(subject, 7.0, 12.5)
    assert reached(subject) == [12.0, 12.0]
    assert subject.reached_seconds is None
    assert subject.best == 7.0


def test_a_milestone_that_had_not_crossed_is_reached_when_the_policy_was_frozen():
    subject = goals()
    consider(subject, 4.5, 4.5, 10.0)
    conclude(subject, 8.0, 10.5)
    assert reached(subject) == [10.0, 10.5]


def test_a_milestone_is_never_later_than_the_target():
    subject = goals()
    consider(subject, 4.5, 4.5, 20.0)
    assert not conclude(subject, 3.0, 20.0)
    assert reached(subject) == [None, None]
    consider(subject, 10.5, 10.5, 21.0)  # the first milestone's pause lasts until 22.5 s
    assert conclude(subject, 10.5, 21.5)
    assert reached(subject) == [21.0, 21.0]


def test_a_policy_frozen_beyond_the_budget_counts_at_the_budget():
    subject = goals()
    consider(subject, 4.5, 4.5, 99.9)
    conclude(subject, 8.0, 101.0)
    assert reached(subject) == [99.9, 100.0]


def test_what_is_evaluated_for_a_milestone_does_not_touch_the_target():
    alone, subject = goals(milestones=()), goals()
    for mean, low, seconds, evaluated in ((5.0, 4.5, 10.0, 3.0), (7.5, 6.0, 20.0, 12.0), (9.0, 8.0, 30.0, 6.0)):
        for each in (alone, subject):
            consider(each, mean, low, seconds)
        if subject.pending:
            assert not conclude(subject, evaluated, seconds, cost_seconds=50.0)
        assert subject.best == alone.best
    for each in (alone, subject):
        consider(each, 10.5, 9.5, 40.0)  # the estimate itself is enough: nothing was spent on the target so far
        assert each.target_pending
        assert conclude(each, 10.5, 40.0)
        assert (each.best, each.reached_seconds) == (10.5, 40.0)


def test_milestones_wait_for_their_lower_end_once_evaluations_of_others_have_cost_too_much():
    subject = goals()
    consider(subject, 4.5, 4.5, 20.0)
    conclude(subject, 4.5, 20.0, cost_seconds=5.0)
    consider(subject, 7.5, 6.5, 49.9)  # 10 % of 49.9 s is less than the 5 s that were spent
    assert not subject.pending
    consider(subject, 7.5, 6.5, 50.0)
    assert subject.pending


def test_nothing_can_be_concluded_without_a_crossing():
    with pytest.raises(ValueError, match="no crossing"):
        conclude(goals(), 11.0, 1.0)


def test_without_goals_nothing_is_ever_evaluated():
    subject = goals(target=None, milestones=())
    consider(subject, 1e9, 1e9, 10.0)
    assert not subject.pending
    assert subject.milestones == []


def test_estimates_of_probes_are_passed_on_as_they_are():
    assert consider(goals(), 12.0, 11.0, 10.0) == ReturnEstimate(12.0, 11.0, 13.0, observed=1.0)


def exploring(points, subject):
    """Take in estimates of exploring robots, `(mean, seconds)`; return when each evaluation was asked for."""
    asked = []
    for mean, seconds in points:
        consider(subject, mean, mean - 0.5, seconds)
        if subject.pending:
            asked.append(seconds)
            break
    return asked


def test_where_all_explore_the_policy_is_evaluated_before_their_estimate_reaches_the_target():
    subject = goals(milestones=(), all_explore=True)
    assert exploring([(0.0, 10.0), (4.0, 20.0), (7.6, 30.0), (7.7, 40.0)], subject) == [40.0]  # 1.3 · 7.7 = 10.01


def test_what_noise_costs_is_learned_from_an_evaluation():
    subject = goals(milestones=(), all_explore=True)
    exploring([(0.0, 10.0), (8.0, 20.0)], subject)
    assert not conclude(subject, 8.8, 20.0)  # 0 … 8 with noise are 0 … 8.8 without
    assert subject.best == 8.8
    # During the pause of 2.5 s nothing is asked, and after it not before 9.1 · 1.1 = 10.01.
    found = consider(subject, 9.0, 8.5, 22.6)
    assert (found.mean, found.low, found.high) == pytest.approx((9.9, 9.35, 11.0))
    assert not subject.pending
    consider(subject, 9.1, 8.6, 23.0)
    assert subject.pending
    assert conclude(subject, 10.0, 23.0)
    assert subject.reached_seconds == 23.0


def test_where_all_explore_a_target_that_was_noticed_late_was_reached_before():
    subject = goals(milestones=(4.0,), all_explore=True)
    for seconds in range(10):
        consider(subject, 0.5 * seconds, 0.0, float(seconds))
        if subject.pending:
            break
    assert seconds == 7  # 3.5 · 1.3 = 4.55
    assert conclude(subject, 14.0, 7.0)  # noise costs 10.5 now, and 1.5 · s in between: 2 · s earned without it
    assert subject.reached_seconds == 5.0
    assert reached(subject) == [2.0]


def test_where_all_explore_a_milestones_evaluation_confirms_the_target():
    subject = goals(all_explore=True)
    exploring([(0.0, 1.0), (3.5, 2.0)], subject)
    assert not subject.target_pending
    assert conclude(subject, 10.5, 2.0)
    assert subject.reached_seconds == 2.0
    assert reached(subject) == [2.0, 2.0]


def test_where_all_explore_the_policy_is_evaluated_when_it_was_not_for_half_the_budget():
    subject = goals(milestones=(), all_explore=True)
    assert exploring([(0.0, 10.0), (0.1, 49.9), (0.1, 50.0)], subject) == [50.0]
    assert not conclude(subject, 9.0, 50.0)
    assert exploring([(0.1, 52.6)], subject) == []
    assert exploring([(0.5, 52.6)], subject) == [52.6]  # noise costs much, so a little more may be enough
