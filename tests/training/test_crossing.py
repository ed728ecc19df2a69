"""When to evaluate, by hand: target 10, budget 100 s, so pauses of 2.5, 5, 10, 10, … s and a half-life of 5 s."""

import pytest

from tuner.records import Evaluation
from tuner.training._crossing import CrossingCheck


def confirmation(target=10.0):
    return CrossingCheck(target, 100.0)


def evaluated(mean, seconds):
    return Evaluation(clock_seconds=seconds, mean=mean, standard_error=0.1, episodes=16, mean_length=100.0)


def consider(subject, low, seconds):
    """An estimate without an interval: its lower end is the estimate itself."""
    subject.consider(low, low, seconds)


def conclude(subject, mean, seconds, cost_seconds=0.0):
    return subject.conclude(evaluated(mean, seconds), cost_seconds=cost_seconds)


def fail(subject, low, mean, seconds, cost_seconds=0.0):
    consider(subject, low, seconds)
    assert subject.pending is not None
    assert not conclude(subject, mean, seconds, cost_seconds)


def test_nothing_is_pending_below_the_target():
    subject = confirmation()
    for low, seconds in ((3.0, 1.0), (9.99, 2.0), (5.0, 3.0)):
        consider(subject, low, seconds)
    assert subject.pending is None
    assert subject.best == 9.99


def test_there_is_no_best_before_an_estimate():
    assert confirmation().best is None


def test_the_crossing_keeps_its_time_until_it_is_evaluated():
    subject = confirmation()
    consider(subject, 10.0, 20.0)
    consider(subject, 12.0, 21.0)
    assert subject.pending.clock_seconds == 20.0
    assert conclude(subject, 10.0, 22.0)
    assert subject.pending is None
    assert subject.best == 10.0


def test_a_crossing_noticed_after_the_budget_counts_at_the_budget():
    subject = confirmation()
    consider(subject, 11.0, 100.3)
    assert subject.pending.clock_seconds == 100.0


def test_an_unconfirmed_crossing_is_not_the_best():
    subject = confirmation()
    consider(subject, 4.0, 10.0)
    consider(subject, 11.0, 11.0)
    assert subject.best == 4.0


def test_a_failed_evaluation_replaces_what_estimates_had_claimed():
    subject = confirmation()
    consider(subject, 9.5, 10.0)
    fail(subject, low=10.5, mean=6.0, seconds=11.0)
    assert subject.best == 6.0


def test_the_estimate_must_rise_by_what_the_evaluation_fell_short():
    subject = confirmation()
    fail(subject, low=11.0, mean=8.0, seconds=20.0)  # promised 3 too much
    # 5 s later, one half-life, 1.5 of it is left: 11.4 − 1.5 is below the target, 11.6 − 1.5 is above.
    consider(subject, 11.4, 25.0)
    assert subject.pending is None
    assert subject.best == pytest.approx(9.9)
    consider(subject, 11.6, 25.0)
    assert subject.pending.low == 11.6


def test_evaluations_are_paused_longer_and_longer():
    subject = confirmation()
    fail(subject, low=10.0, mean=9.0, seconds=20.0)
    consider(subject, 50.0, 22.4)  # 2.5 s after the failure
    assert subject.pending is None
    fail(subject, low=50.0, mean=9.0, seconds=22.5)
    consider(subject, 500.0, 27.4)  # then 5 s
    assert subject.pending is None
    fail(subject, low=500.0, mean=9.0, seconds=27.5)
    consider(subject, 5000.0, 37.4)  # then 10 s
    assert subject.pending is None
    fail(subject, low=5000.0, mean=9.0, seconds=37.5)
    consider(subject, 50000.0, 47.4)  # and 10 s from then on
    assert subject.pending is None
    consider(subject, 50000.0, 47.5)
    assert subject.pending is not None


def test_at_most_a_dozen_evaluations_however_wrong_the_estimate():
    subject, evaluations = confirmation(), 0
    for tenth in range(1001):
        consider(subject, 1e6, tenth / 10)
        if subject.pending is not None:
            conclude(subject, 0.0, tenth / 10)
            evaluations += 1
    # At 0, 2.5, 7.5, then every 10 s up to 97.5.
    assert evaluations == 3 + 9


def test_the_excess_fades():
    subject = confirmation()
    fail(subject, low=11.0, mean=8.0, seconds=20.0)
    # Ten half-lives later 3 / 1024 are left.
    consider(subject, 10.01, 70.0)
    assert subject.pending is not None


def test_without_a_target_nothing_is_ever_evaluated():
    subject = confirmation(target=None)
    consider(subject, 1e9, 10.0)
    consider(subject, 5.0, 11.0)
    assert subject.pending is None
    assert subject.best == 1e9


def test_nothing_can_be_concluded_without_a_crossing():
    with pytest.raises(ValueError, match="no crossing"):
        conclude(confirmation(), 1.0, 1.0)


def test_the_estimate_itself_is_enough_for_the_first_evaluation():
    subject = confirmation()
    subject.consider(10.0, 4.0, 20.0)
    assert subject.pending.clock_seconds == 20.0
    assert (subject.pending.mean, subject.pending.low) == (10.0, 4.0)
    assert subject.best == 4.0  # not confirmed yet


def test_while_evaluations_have_cost_too_much_only_the_lower_end_counts():
    subject = confirmation()
    fail(subject, low=10.0, mean=10.0 - 1e-9, seconds=20.0, cost_seconds=5.0)
    subject.consider(50.0, 9.0, 49.9)  # 10 % of 49.9 s is less than the 5 s that were spent
    assert subject.pending is None
    subject.consider(50.0, 10.5, 49.9)
    assert subject.pending is not None
    assert not conclude(subject, 9.0, 49.9, cost_seconds=0.0)
    subject.consider(500.0, 9.0, 60.0)  # 6 s are allowed by now
    assert subject.pending is not None


def test_each_end_is_corrected_by_what_it_had_promised_itself():
    subject = confirmation()
    subject.consider(12.0, 9.0, 20.0)
    assert not conclude(subject, 9.5, 20.0)  # the estimate promised 2.5 too much, its lower end nothing
    # One half-life later 1.25 of the 2.5 is left.
    subject.consider(11.2, 9.8, 25.0)
    assert subject.pending is None
    assert subject.best == pytest.approx(9.8)
    subject.consider(11.3, 9.8, 25.0)
    assert subject.pending is not None


def test_who_trains_on_after_the_target_is_not_evaluated_again_and_keeps_the_best_lower_end():
    subject = confirmation()
    consider(subject, 10.5, 20.0)
    assert conclude(subject, 10.2, 20.0)
    subject.consider(14.0, 12.0, 30.0)
    consider(subject, 11.0, 40.0)
    assert subject.pending is None
    assert subject.best == 12.0
