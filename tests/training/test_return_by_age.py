"""The censored estimator, against numbers worked out by hand and properties that must hold for any window."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tuner.training._return_by_age import AGE_BINS, AgeTable, age_edges, episode_return, tabulate

# Three bins: ages 0–1, 2–3, 4–5.
EDGES = np.array([0, 2, 4, 6])


def table(steps, rewards, passes, terminations):
    return AgeTable(*(np.array(row, dtype=np.float64) for row in (steps, rewards, passes, terminations)))


def test_three_bins_by_hand():
    # Of those that reach the bins 1/4, 1/2 and none fail: S = 1, 3/4, 3/8. Those that fail take 1.5 of a bin's 2 steps
    # on average, so there are 2 - q / 2 = 1.875, 1.75 and 2 steps in a bin. r = 1, 2, 3.
    result = episode_return(table([8, 8, 8], [8, 16, 24], [4, 4, 4], [1, 2, 0]), EDGES)
    assert result.mean == pytest.approx(1.875 * 1 + 3 / 4 * 1.75 * 2 + 3 / 8 * 2 * 3, rel=1e-12)
    assert result.observed == 1.0


def test_nobody_fails_and_the_reward_is_constant():
    # Σ over 6 ages of 0.5.
    assert episode_return(table([3, 5, 7], [1.5, 2.5, 3.5], [1, 1, 1], [0, 0, 0]), EDGES).mean == pytest.approx(3.0)


def test_what_nobody_has_come_to_the_end_of_is_no_failure():
    assert episode_return(table([1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]), EDGES).mean == pytest.approx(6.0)


def test_certain_failure_ends_the_sum():
    # Everybody fails at age 0 or 1: 1.5 steps of 2 are earned. Later bins could promise anything.
    result = episode_return(table([4, 1, 1], [8, 100, 100], [4, 1, 1], [4, 0, 0]), EDGES)
    assert result.mean == pytest.approx(3.0)


def test_the_same_share_fails_in_every_bin():
    # q = 1/2: (2 - 1/4) · (1 + 1/2 + 1/4)
    assert episode_return(table([2] * 3, [2] * 3, [2] * 3, [1] * 3), EDGES).mean == pytest.approx(1.75 * 1.75)


def test_the_smallest_shares_lose_no_digits():
    # (2 - q / 2) · (1 + (1 - q) + (1 - q)²) = 6 - 7.5 q + O(q²)
    passes = 1e10
    result = episode_return(table([passes] * 3, [passes] * 3, [passes] * 3, [1] * 3), EDGES)
    assert result.mean == pytest.approx(6 - 7.5 / passes, rel=1e-15)


def test_a_gap_borrows_from_both_sides():
    # Ages 2–3 unseen: pooled steps 2 + 6, rewards 2 + 18 -> r = 2.5; nobody fails.
    result = episode_return(table([2, 0, 6], [2, 0, 18], [1, 0, 3], [0, 0, 0]), EDGES)
    assert result.mean == pytest.approx(2 * 1 + 2 * 2.5 + 2 * 3)
    assert result.observed == pytest.approx(4 / 6)


def test_a_gap_borrows_failures_too():
    # Ages 2–3 borrow q = (0 + 2) / (2 + 2) = 1/2 and r = 1: 2 + 1.75 + 1/2 · 1.5
    result = episode_return(table([2, 0, 2], [2, 0, 2], [2, 0, 2], [0, 0, 2]), EDGES)
    assert result.mean == pytest.approx(2 + 1.75 + 0.75)


def test_failures_are_borrowed_where_rewards_are_known():
    # Robots are seen at ages 2–3, and none has come to their end: of their neighbours' 2 + 2 passes 2 failed.
    result = episode_return(table([2, 1, 2], [2, 3, 2], [2, 0, 2], [0, 0, 2]), EDGES)
    assert result.mean == pytest.approx(2 + 1.75 * 3 + 0.75)


def test_the_oldest_seen_speak_for_the_older():
    result = episode_return(table([4, 4, 0], [4, 8, 0], [2, 2, 0], [0, 0, 0]), EDGES)
    assert result.mean == pytest.approx(2 * 1 + 2 * 2 + 2 * 2)
    assert result.observed == pytest.approx(4 / 6)


def test_another_seen_bin_can_speak_for_the_older():
    sums = table([[4, 4, 0]] * 2, [[4, 8, 0]] * 2, [[2, 2, 0]] * 2, [[0, 0, 0]] * 2)
    result = episode_return(sums, EDGES, tail_bins=np.array([0, 2]))  # bin 2 was not seen: the oldest speaks
    assert result.mean.tolist() == pytest.approx([2 * 1 + 2 * 2 + 2 * 1, 2 * 1 + 2 * 2 + 2 * 2])


def test_what_lies_beyond_certain_failure_is_not_missing():
    # All fail by age 3, so it does not matter that no robot is seen at older ages.
    assert episode_return(table([4, 4, 0], [4, 4, 0], [4, 4, 0], [0, 4, 0]), EDGES).observed == 1.0


def test_extra_failures_are_added_where_they_are_given():
    # 1/2 added to none, in all bins as above, or in the first: (2 - 1/4) + 1/2 · 4
    sums = table([1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0])
    assert episode_return(sums, EDGES, extra_failures=0.5).mean == pytest.approx(1.75 * 1.75)
    assert episode_return(sums, EDGES, extra_failures=np.array([0.5, 0, 0])).mean == pytest.approx(1.75 + 2)


def test_an_empty_sample_is_refused():
    with pytest.raises(ValueError, match="at least one step"):
        episode_return(table(*[[0, 0, 0]] * 4), EDGES)


def test_tabulate_by_hand():
    ages = np.array([0, 1, 2, 5, 9, 0])
    rewards = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    failed = np.array([False, True, False, True, False, False])
    units = np.array([0, 0, 0, 0, 0, 1])
    result = tabulate(ages, rewards, failed, units, EDGES, unit_count=3)
    assert result.steps.tolist() == [[2, 1, 2], [1, 0, 0], [0, 0, 0]]  # age 9 counts in the last bin
    assert result.terminations.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert result.passes.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert result.rewards.tolist() == [[3, 3, 9], [6, 0, 0], [0, 0, 0]]
    assert result.pooled().steps.tolist() == [3, 1, 2]
    assert result.weighted(np.array([[2.0, 1.0, 5.0]])).rewards.tolist() == [[12, 6, 18]]


def test_steps_can_count_less():
    ages, failed = np.array([0, 1, 5]), np.array([False, True, True])
    weights = np.array([0.5, 0.25, 2.0])
    result = tabulate(ages, np.array([1.0, 2.0, 3.0]), failed, np.zeros(3, int), EDGES, unit_count=1, weights=weights)
    assert result.steps.tolist() == [[0.75, 0, 2]]
    assert result.terminations.tolist() == [[0.25, 0, 2]]
    assert result.rewards.tolist() == [[0.5 + 0.5, 0, 6]]


def test_a_pass_ends_with_the_last_age_of_a_bin_or_with_a_failure():
    ages, failed = np.array([0, 1, 1, 2, 3, 4, 5]), np.array([True, True, False, False, False, False, False])
    result = tabulate(ages, np.zeros(7), failed, np.zeros(7, int), EDGES, unit_count=1)
    assert result.passes.tolist() == [[3, 1, 1]]
    assert result.scaled(2.0, 3.0).passes.tolist() == [[9, 3, 3]]
    assert result.scaled(2.0, 3.0).steps.tolist() == [[6, 4, 4]]


@given(st.integers(1, 5000))
def test_edges_cover_every_age_once(steps):
    edges = age_edges(steps)
    assert edges[0] == 0
    assert edges[-1] == steps
    assert (np.diff(edges) >= 1).all()
    assert len(edges) - 1 <= min(AGE_BINS, steps)


def test_an_episode_without_steps_is_refused():
    with pytest.raises(ValueError, match="at least one step, not 0"):
        age_edges(0)


@st.composite
def windows(draw):
    """Steps of robots at any age: ages, rewards, failures, units, and the length of an episode."""
    length = draw(st.integers(1, 60))
    count = draw(st.integers(1, 80))
    ages = draw(hnp.arrays(np.int32, count, elements=st.integers(0, length - 1)))
    rewards = draw(hnp.arrays(np.float32, count, elements=st.floats(-8, 8, width=32)))
    failed = draw(hnp.arrays(np.bool_, count))
    units = draw(hnp.arrays(np.intp, count, elements=st.integers(0, 4)))
    return ages, rewards, failed, units, length


def estimate(ages, rewards, failed, units, length):
    edges = age_edges(length)
    return episode_return(tabulate(ages, rewards, failed, units, edges, unit_count=5).pooled(), edges)


@given(windows())
def test_lies_between_what_the_worst_and_the_best_steps_would_give(window):
    _, rewards, _, _, length = window
    result = estimate(*window)
    bound = length * np.abs(rewards.astype(np.float64)).max() + 1e-6  # in float32 the tolerance would be lost
    assert -bound <= result.mean <= bound
    assert 0 <= result.observed <= 1 + 1e-12


@given(windows(), st.floats(-4, 4))
def test_constant_reward_without_failures_is_the_length_times_the_reward(window, reward):
    ages, rewards, failed, units, length = window
    result = estimate(ages, np.full_like(rewards, reward, dtype=np.float64), np.zeros_like(failed), units, length)
    assert result.mean == pytest.approx(length * reward, abs=1e-9)


@given(windows(), st.randoms(use_true_random=False))
def test_the_order_of_steps_and_robots_does_not_matter(window, random):
    ages, rewards, failed, units, length = window
    order = list(range(len(ages)))
    random.shuffle(order)
    shuffled = estimate(ages[order], rewards[order], failed[order], units[order], length)
    assert shuffled.mean == pytest.approx(float(estimate(*window).mean), rel=1e-9, abs=1e-9)


@given(windows())
def test_a_failure_more_never_raises_a_positive_return(window):
    ages, rewards, failed, units, length = window
    positive = np.abs(rewards)
    one_more = failed.copy()
    one_more[int(np.argmin(failed))] = True
    before = estimate(ages, positive, failed, units, length).mean
    assert estimate(ages, positive, one_more, units, length).mean <= before + 1e-6


@given(windows())
def test_samples_are_independent_of_each_other(window):
    """Each row of a stacked table gives what it gives alone, gaps and tails included."""
    ages, rewards, failed, units, length = window
    edges = age_edges(length)
    sums = tabulate(ages, rewards, failed, units, edges, unit_count=5)
    seen = sums.steps.any(axis=1)
    together = episode_return(sums.of_units(seen), edges).mean
    alone = [
        float(episode_return(sums.of_units(np.arange(5) == unit).pooled(), edges).mean) for unit in np.flatnonzero(seen)
    ]
    assert together.tolist() == pytest.approx(alone)


def test_widths_of_the_bins_of_a_thousand_steps():
    # a_0 = 1000 (q − 1) / (q^20 − 1) with q = 12^(1/19) = 1.1397: 11.0; the last is 12 times as wide
    widths = np.diff(age_edges(1000))
    assert (len(widths), widths[0], widths[-1], widths.sum()) == (20, 11, 132, 1000)
