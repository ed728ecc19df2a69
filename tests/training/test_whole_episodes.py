"""Whole episodes of the point mass, worked out by hand."""

import numpy as np
import pytest

from tests.support.point_mass import PointMassEnv
from tuner.clock import Ledger, ManualClock
from tuner.training import Meter, WholeEpisodes, run_whole_episodes


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
    rounds = [
        WholeEpisodes(np.array([1.0, 2.0]), np.array([5, 6]), np.array([True, False])),
        WholeEpisodes(np.array([3.0, 4.0]), np.array([7, 8]), np.array([False, True])),
    ]
    counted = WholeEpisodes.joined(rounds).first(3)
    assert counted.returns.tolist() == [1.0, 2.0, 3.0]
    assert counted.lengths.tolist() == [5, 6, 7]
    assert counted.failed.tolist() == [True, False, False]
