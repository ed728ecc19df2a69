"""Target 10 with milestones 4 and 7, budget 100 s, so pauses of 2.5, 5, 10, 10, … s after a failed evaluation."""

import pytest

from tuner.records import Evaluation, Milestone
from tuner.training._goals import Goals


def goals(target=10.0, milestones=(4.0, 7.0)):
    return Goals(target, milestones, 100.0)


def conclude(subject, mean, seconds, cost_seconds=0.0):
    evaluation = Evaluation(clock_seconds=seconds, mean=mean, standard_error=0.1, episodes=16, mean_length=100.0)
    return subject.conclude(evaluation, cost_seconds=cost_seconds)


def reached(subject):
    return [milestone.reached_seconds for milestone in subject.milestones]


def test_each_milestone_is_reached_at_its_own_crossing():
    subject = goals()
    subject.consider(4.5, 4.5, 10.0)
    assert subject.pending
    assert not subject.target_pending
    assert not conclude(subject, 4.4, 10.5)
    assert not subject.pending
    subject.consider(7.5, 7.5, 30.0)
    assert not conclude(subject, 7.6, 30.5)
    assert subject.milestones == [Milestone(4.0, 10.0), Milestone(7.0, 30.0)]
    assert subject.reached_seconds is None


def test_one_evaluation_settles_all_goals_that_were_passed():
    subject = goals()
    subject.consider(4.5, 4.5, 10.0)
    subject.consider(7.5, 7.5, 11.0)
    subject.consider(12.0, 12.0, 12.0)
    assert conclude(subject, 11.0, 12.5)
    assert not subject.pending
    assert reached(subject) == [10.0, 11.0]
    assert subject.reached_seconds == 12.0


def test_an_evaluation_below_some_goals_settles_those_at_or_below_its_mean():
    subject = goals()
    subject.consider(12.0, 12.0, 12.0)
    assert not conclude(subject, 7.0, 12.5)
    assert reached(subject) == [12.0, 12.0]
    assert subject.reached_seconds is None
    assert subject.best == 7.0


def test_a_milestone_that_had_not_crossed_is_reached_when_the_policy_was_frozen():
    subject = goals()
    subject.consider(4.5, 4.5, 10.0)
    conclude(subject, 8.0, 10.5)
    assert reached(subject) == [10.0, 10.5]


def test_a_milestone_is_never_later_than_the_target():
    subject = goals()
    subject.consider(4.5, 4.5, 20.0)
    assert not conclude(subject, 3.0, 20.0)
    assert reached(subject) == [None, None]
    subject.consider(10.5, 10.5, 21.0)  # the first milestone's pause lasts until 22.5 s
    assert conclude(subject, 10.5, 21.5)
    assert reached(subject) == [21.0, 21.0]


def test_a_policy_frozen_beyond_the_budget_counts_at_the_budget():
    subject = goals()
    subject.consider(4.5, 4.5, 99.9)
    conclude(subject, 8.0, 101.0)
    assert reached(subject) == [99.9, 100.0]


def test_what_is_evaluated_for_a_milestone_does_not_touch_the_target():
    alone, subject = goals(milestones=()), goals()
    for mean, low, seconds, evaluated in ((5.0, 4.5, 10.0, 3.0), (7.5, 6.0, 20.0, 12.0), (9.0, 8.0, 30.0, 6.0)):
        for each in (alone, subject):
            each.consider(mean, low, seconds)
        if subject.pending:
            assert not conclude(subject, evaluated, seconds, cost_seconds=50.0)
        assert subject.best == alone.best
    for each in (alone, subject):
        each.consider(10.5, 9.5, 40.0)  # the estimate itself is enough: nothing was spent on the target so far
        assert each.target_pending
        assert conclude(each, 10.5, 40.0)
        assert (each.best, each.reached_seconds) == (10.5, 40.0)


def test_milestones_wait_for_their_lower_end_once_evaluations_of_others_have_cost_too_much():
    subject = goals()
    subject.consider(4.5, 4.5, 20.0)
    conclude(subject, 4.5, 20.0, cost_seconds=5.0)
    subject.consider(7.5, 6.5, 49.9)  # 10 % of 49.9 s is less than the 5 s that were spent
    assert not subject.pending
    subject.consider(7.5, 6.5, 50.0)
    assert subject.pending


def test_nothing_can_be_concluded_without_a_crossing():
    with pytest.raises(ValueError, match="no crossing"):
        conclude(goals(), 11.0, 1.0)


def test_without_goals_nothing_is_ever_evaluated():
    subject = goals(target=None, milestones=())
    subject.consider(1e9, 1e9, 10.0)
    assert not subject.pending
    assert subject.milestones == []
