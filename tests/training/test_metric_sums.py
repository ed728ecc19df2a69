"""Sums of what a task measures, worked out by hand."""

import numpy as np
import pytest

from tuner.errors import UserError
from tuner.training._metric_sums import MetricSums

NAN = np.nan


def summed(*steps, robots=(0, 1, 2), counted=None):
    sums = MetricSums(np.array(robots))
    for step in steps:
        sums.add({name: np.array(values, float) for name, values in step.items()}, counted)
    return sums


def test_means_over_steps_and_robots():
    sums = summed({"speed": [1, 2, 3], "height": [4, 4, 4]}, {"speed": [2, 3, 7], "height": [4, 4, 10]})
    assert sums.means() == {"speed": 3.0, "height": 5.0}


def test_what_does_not_apply_or_is_infinite_does_not_count():
    # 1, 3 and 5 count: the mean is over these numbers and not over means of steps or robots.
    sums = summed({"speed": [1, NAN, np.inf]}, {"speed": [3, -np.inf, NAN]}, {"speed": [5, NAN, NAN]})
    assert sums.means() == {"speed": 3.0}


def test_a_metric_that_never_applied_has_no_mean():
    assert summed({"speed": [NAN, NAN, NAN], "height": [1, 1, 1]}).means() == {"height": 1.0}


def test_numbers_too_large_for_a_mean_have_none():
    assert summed({"speed": [1.5e308, 1.5e308, 0]}).means() == {}


def test_only_the_group_counts():
    assert summed({"speed": [1, 2, 3]}, {"speed": [1, 4, 3]}, robots=[1]).means() == {"speed": 3.0}


def test_only_robots_that_count_do():
    sums = summed({"speed": [1, 2, 3]})
    sums.add({"speed": np.array([7.0, 9.0, 9.0])}, np.array([True, False, False]))
    assert sums.means() == {"speed": 13 / 4}


@pytest.mark.parametrize("steps", [[], [{}], [{}, {}]])
def test_a_task_without_metrics_has_no_means(steps):
    assert summed(*steps).means() == {}


def test_the_arrays_of_the_task_are_left_alone():
    values = np.array([1.0, 2.0, 3.0])
    sums = MetricSums(np.arange(3))
    sums.add({"speed": values})
    sums.add({"speed": values})
    assert values.tolist() == [1.0, 2.0, 3.0]


def test_groups_are_joined_and_the_first_robots_taken():
    joined = MetricSums.joined([summed({"speed": [1, 2, 3]}), summed({"speed": [5, 7, 9]})])
    assert joined.means() == {"speed": 27 / 6}
    assert joined.first(4).means() == {"speed": 11 / 4}
    assert joined.first(1).means() == {"speed": 1.0}


@pytest.mark.parametrize("second", [{}, {"height": [1, 1, 1]}, {"speed": [1, 1, 1], "height": [1, 1, 1]}])
def test_other_metrics_than_in_the_first_step_are_the_users_mistake(second):
    with pytest.raises(UserError, match=r"in a step, but speed in its first one.*NaN where one does not apply"):
        summed({"speed": [1, 2, 3]}, second)


def test_metrics_that_appear_late_are_the_users_mistake():
    with pytest.raises(UserError, match="measured speed in a step, but nothing in its first one"):
        summed({}, {"speed": [1, 2, 3]})


@pytest.mark.parametrize("values", [[1.0], [[1.0, 2.0, 3.0]], 1.0])
def test_a_metric_is_one_number_for_each_robot(values):
    with pytest.raises(UserError, match=r"metric 'speed' as an array of shape .*one number for each robot"):
        summed({"speed": values})
