"""Restricted means by hand."""

import numpy as np
import pytest

from tuner.analysis import mean_time, ratio_of_means, restricted


def test_a_run_that_never_reached_the_target_counts_with_the_budget():
    np.testing.assert_array_equal(restricted([3.0, None, 12.0], budget=10.0), [3.0, 10.0, 10.0])


def test_the_mean_lies_in_its_interval_and_the_interval_within_the_times():
    # (2 + 4 + 6 + 8 + 10) / 5 = 6; no resample can have a mean outside [2, 10].
    estimated = mean_time(np.array([2.0, 4.0, 6.0, 8.0, 10.0]))
    assert estimated.value == pytest.approx(6.0)
    assert estimated.low is not None
    assert estimated.high is not None
    assert 2 < estimated.low < 6 < estimated.high < 10


def test_the_ratio_is_of_the_means_and_not_the_mean_of_ratios():
    # Means 9 and 3: 3. Ratios taken pair by pair, 6 / 4 and 12 / 2, would average 3.75.
    ratio = ratio_of_means(np.array([6.0, 12.0]), np.array([4.0, 2.0]))
    assert ratio.value == pytest.approx(3.0)
    assert str(ratio).startswith("3.000 (")


def test_runs_that_are_all_alike_have_an_interval_without_width():
    estimated = mean_time(np.array([5.0, 5.0, 5.0]))
    assert (estimated.low, estimated.high) == (5.0, 5.0)


def test_a_single_run_has_no_interval():
    estimated = mean_time(np.array([5.0]))
    assert (estimated.low, estimated.high) == (None, None)
    assert str(estimated) == "5.000"
