"""Stepping many robots: ends of episodes, initial ages, and the same numbers from one process or many."""

from pathlib import Path

import gymnasium as gym
import numpy as np

from tests.simulators.gymnasium.support import open_one
from tuner.simulators.gymnasium._env import AgedEpisodes


def test_an_environment_of_the_users_own(own_env: Path) -> None:
    env = open_one("OwnCounter-v0", num_envs=2, max_episode_steps=3, **{"import": str(own_env)})
    assert np.isnan(env.control_period_seconds)
    assert env.reset().tolist() == [[0.0], [0.0]]
    gentle, rough = np.float32([[0.0], [0.0]]), np.float32([[0.0], [1.0]])
    assert env.step(gentle)[0].tolist() == [[1.0], [1.0]]
    observations, _, dones, infos = env.step(rough)  # robot 1 fails in its second step
    assert observations.tolist() == [[2.0], [0.0]]
    assert dones.tolist() == [False, True]
    assert infos[1]["terminal_observation"].tolist() == [2.0]
    assert not infos[1]["TimeLimit.truncated"]
    observations, _, dones, infos = env.step(gentle)  # robot 0 times out in its third
    assert observations.tolist() == [[0.0], [1.0]]
    assert dones.tolist() == [True, False]
    assert infos[0]["terminal_observation"].tolist() == [3.0]
    assert infos[0]["TimeLimit.truncated"]
    env.close()


def test_failing_in_the_last_step_is_a_failure(own_env: Path) -> None:
    env = open_one("OwnCounter-v0", max_episode_steps=1, **{"import": str(own_env)})
    env.reset()
    _, _, dones, infos = env.step(np.float32([[1.0]]))
    assert dones.tolist() == [True]
    assert not infos[0]["TimeLimit.truncated"]
    env.close()


def test_processes_step_as_threads_do() -> None:
    envs = [open_one("Pendulum-v1", 2, max_episode_steps=4, vectorization=kind) for kind in ("sync", "subprocess")]
    try:
        for env in envs:
            env.spread_ages = True
        observations = [env.reset() for env in envs]
        np.testing.assert_array_equal(*observations)
        ended = 0
        for action in np.linspace(-2, 2, 10, dtype=np.float32):
            one, other = (env.step(np.full((2, 1), action)) for env in envs)
            for ours, theirs in zip(one[:3], other[:3], strict=True):
                np.testing.assert_array_equal(ours, theirs)
                assert ours.dtype == theirs.dtype
            for ours, theirs in zip(one[3], other[3], strict=True):
                assert ours.keys() == theirs.keys()
                if "terminal_observation" in ours:
                    ended += 1
                    np.testing.assert_array_equal(ours["terminal_observation"], theirs["terminal_observation"])
                    assert theirs["TimeLimit.truncated"]
        assert ended >= 4
    finally:
        for env in envs:
            env.close()
            env.close()


def test_an_aged_episode_ends_earlier_and_the_next_one_does_not() -> None:
    env = AgedEpisodes(gym.make("Pendulum-v1", max_episode_steps=5), max_episode_steps=5)

    def steps_until_truncated() -> int:
        env.reset(seed=0)
        steps = 1
        while not env.step(np.zeros(1, np.float32))[3]:
            steps += 1
        return steps

    env.start_at_age(3)
    assert [steps_until_truncated() for _ in range(2)] == [2, 5]
    env.close()


def test_neighbouring_seeds_share_no_robots() -> None:
    env = open_one("Pendulum-v1", num_envs=3)
    starts = []
    for seed in (0, 1):
        env.seed(seed)
        starts.append(env.reset())
    assert not set(starts[0][:, 0]) & set(starts[1][:, 0])
    env.close()


def test_bounds_beyond_float32_become_infinite(own_env: Path) -> None:
    env = open_one("OwnCounter-v0", max_episode_steps=3, **{"import": str(own_env)})
    assert env.observation_space.dtype == env.action_space.dtype == np.float32  # the environment's are float64
    assert env.observation_space.high.tolist() == [np.inf]
    assert env.reset().dtype == np.float32
    env.close()
