"""The monitor of a group of robots: its window, its memory, its interval, and when it keeps silent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuner.training._return_monitor import ReturnMonitor, window_steps

LENGTH = 40


def simulate(monitors, robots, steps, *, failing=0.0, spread=True, reward=0.1, noise=0.0, seed=0):
    """Feed robots whose every step fails with the same probability; return the ages they end with."""
    random = np.random.default_rng(seed)
    ages = random.integers(0, LENGTH, robots).astype(np.int32) if spread else np.zeros(robots, np.int32)
    for _ in range(steps):
        failed = random.random(robots) < failing
        rewards = (reward + noise * random.standard_normal(robots)).astype(np.float32)
        for monitor in monitors:
            monitor.observe(ages, rewards, failed)
        ages = np.where(failed | (ages + 1 >= LENGTH), 0, ages + 1).astype(np.int32)
    return ages


def monitor_of(robots, *, window=None, seed=0):
    return ReturnMonitor(np.asarray(robots), LENGTH, np.random.default_rng(seed), window=window)


@pytest.mark.parametrize(
    ("robots", "length", "steps"),
    [
        (256, 1000, 50),  # a twentieth of an episode is 50, two episodes over 256 robots would be 8
        (16, 1000, 125),  # two episodes over 16 robots
        (1, 1000, 2000),
        (4096, 300, 15),
        (3, 1, 1),
    ],
)
def test_window(robots, length, steps):
    assert window_steps(robots, length) == steps


def test_constant_rewards_without_failures():
    monitor = monitor_of(range(32))
    simulate([monitor], 32, 200)
    estimate = monitor.estimate()
    assert estimate.mean == pytest.approx(LENGTH * 0.1, rel=1e-5)
    assert estimate.observed == 1.0
    # 200 steps of 32 robots without a failure: 95 % of Gamma(1/2) lies below 1.92, so the lower end allows for at most
    # about 1.92 · 40 / 6400 = 0.012 failures an episode, which cost half an episode each: 0.6 %.
    assert 0.99 * LENGTH * 0.1 <= estimate.low < estimate.mean
    assert estimate.high == pytest.approx(estimate.mean)


def test_a_constant_hazard_matches_the_geometric_sum():
    # Many robots, h = 0.05: R = 0.1 · (1 − 0.95^40) / 0.05 = 1.743.
    monitor = monitor_of(range(2000))
    simulate([monitor], 2000, 150, failing=0.05, noise=0.1)
    estimate = monitor.estimate()
    exact = 0.1 * (1 - 0.95**LENGTH) / 0.05
    assert estimate.mean == pytest.approx(exact, rel=0.05)
    assert estimate.low <= exact <= estimate.high


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    # 120 groups of 16 robots, R as above. 90 % are promised; of 120 at least 80 % and not all is far from chance.
    groups = [monitor_of(range(start, start + 16), seed=start) for start in range(0, 16 * 120, 16)]
    simulate(groups, 16 * 120, 200, failing=0.05, noise=0.2)
    exact = 0.1 * (1 - 0.95**LENGTH) / 0.05
    estimates = [monitor.estimate() for monitor in groups]
    covered = np.mean([estimate.low <= exact <= estimate.high for estimate in estimates])
    assert 0.8 <= covered < 1.0
    below = np.mean([estimate.low <= exact for estimate in estimates])
    assert below >= 0.9


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5])
@pytest.mark.parametrize("age", [0, 3])
def test_a_share_of_the_episodes_falls_at_once(share, age):
    """Of each robot's episodes a share fails young, the others never: R = (1 - p) · 4 + p · (age + 1) · 0.1.

    90 % are promised. 16 groups of 32 robots are looked at 4 times, an episode apart.
    """
    random = np.random.default_rng(7)
    robots = 16 * 32
    groups = [monitor_of(range(start, start + 32), seed=start) for start in range(0, robots, 32)]
    exact = 0.1 * ((1 - share) * LENGTH + share * (age + 1))
    ages = random.integers(0, LENGTH, robots).astype(np.int32)
    doomed = (random.random(robots) < share) & (ages <= age)
    found = []
    for step in range(8 * LENGTH):
        failed = doomed & (ages == age)
        rewards = (0.1 + 0.2 * random.standard_normal(robots)).astype(np.float32)
        for monitor in groups:
            monitor.observe(ages, rewards, failed)
        ended = failed | (ages + 1 >= LENGTH)
        ages = np.where(ended, 0, ages + 1).astype(np.int32)
        doomed = np.where(ended, random.random(robots) < share, doomed)
        if step >= 4 * LENGTH and step % LENGTH == 0:
            found += [monitor.estimate() for monitor in groups]
    means = np.array([estimate.mean for estimate in found])
    assert means.mean() == pytest.approx(exact, rel=0.08)
    assert np.mean([estimate.low - 1e-3 <= exact <= estimate.high + 1e-3 for estimate in found]) >= 0.75
    assert np.mean([estimate.low - 1e-3 <= exact for estimate in found]) >= 0.8


def test_more_robots_narrow_the_interval():
    few, many = monitor_of(range(8), window=20), monitor_of(range(512), window=20)
    simulate([few, many], 512, 100, failing=0.02, noise=0.3)
    width = {name: e.high - e.low for name, e in (("few", few.estimate()), ("many", many.estimate()))}
    assert width["many"] < width["few"] / 3  # √(512 / 8) = 8 times the robots' square root, less chance


def test_silent_until_half_of_an_episode_has_been_seen():
    # Nobody fails and all start young: after k steps the ages 0 … k − 1 of 40 are seen. Bins end at
    # 0 1 2 3 4 5 6 7 9 10 12 14 17 …: see age_edges(40).
    monitor = monitor_of(range(8))
    simulate([monitor], 8, 15, spread=False)
    assert monitor.estimate() is None
    simulate([monitor], 8, 22, spread=False)
    assert monitor.estimate().mean == pytest.approx(4.0)


def test_speaks_early_where_robots_fail_early():
    # h = 0.5: an expected episode lasts 2 steps, so 6 steps have seen nearly all of it.
    monitor = monitor_of(range(64))
    simulate([monitor], 64, 6, failing=0.5, spread=False)
    # R = 0.1 · (1 − 0.5^40) / 0.5 = 0.2
    assert monitor.estimate().mean == pytest.approx(0.2, rel=0.15)


def test_silent_before_the_first_step():
    assert monitor_of([0]).estimate() is None


def test_only_the_window_counts():
    monitor = monitor_of(range(32), window=20)
    simulate([monitor], 32, 100, reward=5.0)
    simulate([monitor], 32, 21, reward=0.1)
    assert monitor.estimate().mean == pytest.approx(4.0)


def test_ages_out_of_sight_are_remembered():
    # Robots in step: while all are 30 to 39, the window of 4 steps has seen nobody young. Young robots earned 1 a step.
    monitor = monitor_of(range(16), window=4)
    for age in range(LENGTH):
        rewards = np.full(16, 1.0 if age < 20 else 0.0, np.float32)
        monitor.observe(np.full(16, age, np.int32), rewards, np.zeros(16, np.bool_))
    estimate = monitor.estimate()
    assert estimate.observed == 1.0
    assert estimate.mean == pytest.approx(20.0, abs=1.5)  # the bin 17–20 straddles the step


def test_what_is_remembered_does_not_depend_on_when_somebody_asks():
    # Steps leave the window unseen for a while; 500 of them fill the place where they wait more than once.
    asked, silent = monitor_of(range(16), window=4), monitor_of(range(16), window=4)
    random = np.random.default_rng(3)
    for step in range(500):
        seen = (np.full(16, step % LENGTH, np.int32), random.random(16).astype(np.float32), random.random(16) < 0.02)
        for monitor in (asked, silent):
            monitor.observe(*seen)
        estimate = asked.estimate()
    assert silent.estimate().mean == pytest.approx(estimate.mean, rel=1e-12)


def test_one_robot_is_enough():
    monitor = monitor_of([0])
    simulate([monitor], 1, 3 * LENGTH, noise=0.05)
    estimate = monitor.estimate()
    assert estimate.low < estimate.mean < estimate.high
    assert estimate.mean == pytest.approx(4.0, rel=0.15)


def test_watches_its_own_robots_only():
    monitor = monitor_of([1, 3])
    for age in range(LENGTH):
        monitor.observe(
            np.full(4, age, np.int32), np.array([9, 0.1, 9, 0.1], np.float32), np.array([True, False, True, False])
        )
    assert monitor.estimate().mean == pytest.approx(4.0)


def test_the_same_seed_gives_the_same_interval():
    twins = [monitor_of(range(16), seed=5), monitor_of(range(16), seed=5)]
    simulate(twins, 16, 100, failing=0.02, noise=0.1)
    assert twins[0].estimate() == twins[1].estimate()


def test_nobody_to_watch_is_refused():
    with pytest.raises(ValueError, match="at least one robot"):
        monitor_of(np.zeros(0, np.intp))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(1, 120), st.sampled_from([0.0, 0.02, 0.3]), st.floats(-3, 3), st.booleans())
def test_the_interval_contains_the_estimate(robots, steps, failing, reward, spread):
    monitor = monitor_of(range(robots))
    simulate([monitor], robots, steps, failing=failing, reward=reward, noise=0.5, spread=spread, seed=steps)
    estimate = monitor.estimate()
    if estimate is not None:
        assert np.isfinite([estimate.low, estimate.mean, estimate.high]).all()
        assert estimate.low <= estimate.mean <= estimate.high
        assert 0.5 <= estimate.observed <= 1.0 + 1e-12
