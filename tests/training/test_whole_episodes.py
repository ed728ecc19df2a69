"""Whole episodes of the point mass, worked out by hand."""

import numpy as np
import pytest

from tests.support.point_mass import PointMassEnv
from tests.training.timed_point_mass import MeasuringEnv
from tuner.clock import Ledger, ManualClock
from tuner.training import Meter, WholeEpisodes, run_whole_episodes
from tuner.training._metric_sums import MetricSums


def run(action, *, steps=100, go_on=lambda: True):
    env = PointMassEnv(3, max_episode_steps=steps)
    env.seed(5)
    start = env.reset()[:, 0].astype(float)
    env.seed(5)
    meter = Meter(env, Ledger(ManualClock(), "evaluate"))

    def act(observations):
        return np.full((3, 1), action, np.float32)

    return start, run_whole_episodes(meter, meter, act, max_episode_steps=steps, go_on=go_on)


def test_doing_nothing_earns_what_the_start_is_worth():
    start, episodes = run(0.0)
    # 100 steps of 0.1·(1 − x²) each, and nothing moves.
    np.testing.assert_allclose(episodes.returns, 10 * (1 - start**2), rtol=1e-5)
    assert episodes.lengths.tolist() == [100, 100, 100]
    assert not episodes.failed.any()


def test_pushing_on_fails_and_what_comes_after_does_not_count():
    start, episodes = run(1.0)
    for x, returned, length, failed in zip(start, episodes.returns, episodes.lengths, episodes.failed, strict=True):
        # With a = 1, after n steps v = 0.1·n and x = x₀ + 0.01·n·(n + 1)/2; it fails beyond 2.
        path = x + 0.005 * np.arange(1, 101) * np.arange(2, 102)
        steps = int(np.argmax(path > 2)) + 1
        assert length == steps < 40
        assert returned == pytest.approx((0.1 * (1 - path[:steps] ** 2)).sum(), rel=1e-5)
        assert failed


def test_stopping():
    asked = iter([True, True, False])
    assert run(0.0, go_on=lambda: next(asked))[1] is None


def test_rounds_are_joined_and_counted_from_the_first():
    speeds = [MetricSums(np.arange(2)), MetricSums(np.arange(2))]
    speeds[0].add({"speed": np.array([1.0, 2.0])})
    speeds[1].add({"speed": np.array([6.0, 9.0])})
    rounds = [
        WholeEpisodes(np.array([1.0, 2.0]), np.array([5, 6]), np.array([True, False]), speeds[0]),
        WholeEpisodes(np.array([3.0, 4.0]), np.array([7, 8]), np.array([False, True]), speeds[1]),
    ]
    counted = WholeEpisodes.joined(rounds).first(3)
    assert counted.returns.tolist() == [1.0, 2.0, 3.0]
    assert counted.lengths.tolist() == [5, 6, 7]
    assert counted.failed.tolist() == [True, False, False]
    assert counted.metrics.means() == {"speed": 3.0}


def test_what_is_measured_after_an_episode_has_ended_does_not_count():
    clock = ManualClock()
    env = MeasuringEnv(3, clock, max_episode_steps=100)
    env.seed(5)
    meter = Meter(env, Ledger(clock, "evaluate"))
    actions = np.array([[1.0], [0.0], [0.0]], np.float32)  # robot 0 is pushed out and fails, the others live on
    episodes = run_whole_episodes(meter, meter, lambda _: actions, max_episode_steps=100)
    length = episodes.lengths[0]
    assert length < 40
    assert episodes.lengths.tolist() == [length, 100, 100]
    means = episodes.metrics.means()
    # Robot 0 counts for its own steps 1 … length, the others for 1 … 100.
    assert means["step"] == pytest.approx((length * (length + 1) / 2 + 2 * 5050) / (length + 200))
    assert means["robot"] == pytest.approx((1 + 2) * 100 / (length + 200))
    assert episodes.metrics.first(1).means()["step"] == pytest.approx((length + 1) / 2)
    assert "never" not in means
