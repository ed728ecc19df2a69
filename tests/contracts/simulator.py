"""What every simulator must do, whatever engine steps it: the rules of `tuner/simulators/_contract.py` as tests.

Derive a class named `Test…` from `SimulatorContract` and say how to open the task:

    class TestCartpole(SimulatorContract):
        simulator = "mujoco"
        task_id = "Cartpole"

The proofs need no knowledge of the engine. Two environments with the same seed and actions but different episode
limits are the same until the shorter limit ends an episode; what the longer one observes then is the true last
observation of the shorter one.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from gymnasium import spaces

from tests.contracts.episodes import EpisodeContract
from tests.contracts.opened_task import LIMIT
from tests.contracts.openings import OpeningContract
from tuner.config import ActionBox
from tuner.simulators import BoundedActions, TaskEnv


class EnvContract(EpisodeContract):
    """What concerns an environment that is open; `OpenedTask` says what a subclass can set."""

    # What it says about itself

    def test_describes_itself(self, open_env: Any) -> None:
        env = open_env(num_envs=3, limit=None)
        assert env.num_envs == 3
        for space in (env.observation_space, env.action_space):
            assert isinstance(space, spaces.Box)
            assert len(space.shape) == 1
            assert space.dtype == np.float32
        assert isinstance(env.max_episode_steps, int)
        assert env.max_episode_steps >= 1
        assert isinstance(env.control_period_seconds, float)
        assert env.control_period_seconds > 0 or np.isnan(env.control_period_seconds)

    def test_joint_targets_fit_the_actions(self, open_env: Any) -> None:
        env = open_env(num_envs=3, limit=None)
        joints = env.joint_targets
        if joints is None:
            return  # its actions are not joint targets
        dimensions = env.action_space.shape[0]
        for values in (joints.names, joints.default, joints.scale, joints.lower, joints.upper):
            assert isinstance(values, tuple)
            assert len(values) == dimensions
        assert len(set(joints.names)) == dimensions
        for default, scale, lower, upper in zip(joints.default, joints.scale, joints.lower, joints.upper, strict=True):
            assert all(isinstance(number, float) for number in (default, scale, lower, upper))
            assert lower < upper
            assert lower <= default <= upper
            assert scale > 0

    def test_the_limit_can_be_chosen(self, open_env: Any) -> None:
        assert open_env(limit=LIMIT).max_episode_steps == LIMIT

    # Shapes, types, ownership of arrays

    def test_shapes_and_types(self, open_env: Any) -> None:
        env = open_env()
        robots = env.num_envs
        observations = env.reset()
        shape = (robots, *env.observation_space.shape)
        assert (observations.shape, observations.dtype) == (shape, np.float32)
        for action in self.actions(env, 2 * LIMIT):
            observations, rewards, dones, infos = env.step(action)
            assert (observations.shape, observations.dtype) == (shape, np.float32)
            assert (rewards.shape, rewards.dtype) == ((robots,), np.float32)
            assert (dones.shape, dones.dtype) == ((robots,), np.bool_)
            assert np.isfinite(observations).all()
            assert np.isfinite(rewards).all()
            assert isinstance(infos, list)
            assert len(infos) == robots
            for done, info in zip(dones, infos, strict=True):
                assert ("terminal_observation" in info) == done
                assert not done or info["terminal_observation"].shape == env.observation_space.shape
                assert not done or info["terminal_observation"].dtype == np.float32

    def test_arrays_handed_out_are_never_written_again(self, open_env: Any) -> None:
        env = open_env()
        handed_out = [env.reset()]
        copies = [handed_out[0].copy()]
        for action in self.actions(env, 2 * LIMIT):
            observations, rewards, dones, infos = env.step(action)
            terminal = [info["terminal_observation"] for info in infos if "terminal_observation" in info]
            for array in (observations, rewards, dones, *terminal):
                handed_out.append(array)
                copies.append(array.copy())
        env.reset()
        assert len(handed_out) > 3 * 2 * LIMIT + 1  # terminal observations are among them
        for array, copy in zip(handed_out, copies, strict=True):
            np.testing.assert_array_equal(array, copy)

    def test_writing_into_arrays_changes_nothing(self, open_env: Any) -> None:
        env, vandalised = open_env(), open_env()
        env.reset()
        vandalised.reset()[:] = 7.0
        for action in self.actions(env, 2 * LIMIT):
            expected = env.step(action)
            passed_in = action.copy()
            vandalised.step_async(passed_in)
            passed_in[:] = 0.0  # the agent may reuse its buffer while the step runs
            found = vandalised.step_wait()
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[1], expected[1])
            np.testing.assert_array_equal(found[2], expected[2])
            found[0][:] = 7.0
            found[1][:] = 7.0
            found[2][:] = True

    # Metrics

    def test_metrics_are_a_float_for_each_robot(self, open_env: Any) -> None:
        env = open_env()
        names = list(env.metrics)
        env.reset()
        assert all(np.isnan(values).all() for values in env.metrics.values())  # nothing was measured yet
        for action in self.actions(env, 2 * LIMIT):
            env.step(action)
            assert list(env.metrics) == names  # known from the opening on
            for name, values in env.metrics.items():
                assert isinstance(name, str)
                assert values.shape == (env.num_envs,)
                assert np.issubdtype(values.dtype, np.floating)

    def test_metrics_handed_out_are_never_written_again(self, open_env: Any) -> None:
        env = open_env()
        env.reset()
        handed_out, copies = [], []
        for action in self.actions(env, 2 * LIMIT):
            env.step(action)
            handed_out += env.metrics.values()
            copies += [values.copy() for values in env.metrics.values()]
        env.reset()
        for array, copy in zip(handed_out, copies, strict=True):
            np.testing.assert_array_equal(array, copy)

    # Seeds

    def trajectory(self, env: TaskEnv, steps: int = 3 * LIMIT) -> list[npt.NDArray[Any]]:
        arrays: list[npt.NDArray[Any]] = [env.reset()]
        for action in self.actions(env, steps):
            observations, rewards, dones, infos = env.step(action)
            arrays += [observations, rewards, dones]
            arrays += [info["terminal_observation"] for info in infos if "terminal_observation" in info]
        return arrays

    def assert_same(self, found: list[npt.NDArray[Any]], expected: list[npt.NDArray[Any]]) -> None:
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_the_same_seed_gives_the_same_trajectory(self, open_env: Any) -> None:
        expected = self.trajectory(open_env(seed=5))
        self.assert_same(self.trajectory(open_env(seed=5)), expected)

    def test_the_number_of_threads_changes_nothing(self, open_env: Any) -> None:
        expected = self.trajectory(open_env(seed=5, threads=1))
        self.assert_same(self.trajectory(open_env(seed=5, threads=2)), expected)

    def test_seeding_again_starts_the_trajectory_again(self, open_env: Any) -> None:
        env = open_env(seed=5)
        expected = self.trajectory(env)
        for action in self.actions(env, LIMIT // 2):  # leave it in the middle of an episode
            env.step(action)
        env.seed(5)
        self.assert_same(self.trajectory(env), expected)

    def test_another_seed_gives_another_trajectory(self, open_env: Any) -> None:
        assert (open_env(seed=5).reset() != open_env(seed=6).reset()).any(axis=1).all()

    def test_a_reset_goes_on_with_the_random_stream(self, open_env: Any) -> None:
        env = open_env()
        assert (env.reset() != env.reset()).any(axis=1).all()

    def test_robots_differ(self, open_env: Any) -> None:
        assert len(np.unique(open_env(num_envs=self.many).reset(), axis=0)) == self.many

    def test_neighbouring_seeds_share_no_robots(self, open_env: Any) -> None:
        both = np.concatenate([open_env(num_envs=self.many, seed=seed).reset() for seed in (5, 6)])
        assert len(np.unique(both, axis=0)) == 2 * self.many

    # States

    def test_a_restored_state_goes_on_bit_for_bit(self, open_env: Any) -> None:
        env = open_env()
        env.reset()
        if env.get_state() is None:
            pytest.skip("this simulator cannot restore states")
        actions = self.actions(env, 3 * LIMIT)
        for action in actions[: LIMIT // 2]:
            observations = env.step(action)[0]
        state = env.get_state()
        expected = [env.step(action)[:3] for action in actions[LIMIT // 2 :]]  # passes ends of episodes
        for _ in range(2):  # a state can be used more than once
            np.testing.assert_array_equal(env.set_state(state), observations)
            for action, step in zip(actions[LIMIT // 2 :], expected, strict=True):
                for one, other in zip(env.step(action)[:3], step, strict=True):
                    np.testing.assert_array_equal(one, other)

    # Stable-Baselines3's protocol

    def test_answers_stable_baselines3(self, open_env: Any) -> None:
        env = open_env()
        assert env.get_attr("render_mode") == [None] * env.num_envs
        assert len(env.env_is_wrapped(type(None))) == env.num_envs  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            env.get_attr("no_such_attribute")

    def test_takes_the_agents_action_box(self, open_env: Any) -> None:
        env = open_env()
        dimensions = env.action_space.shape[0]
        bounded = BoundedActions(env, ActionBox(low=(-0.1,) * dimensions, high=(0.2,) * dimensions))
        twin = open_env()
        np.testing.assert_array_equal(bounded.reset(), twin.reset())
        outside = np.full((env.num_envs, dimensions), 50.0, dtype=np.float32)
        expected = twin.step(np.full((env.num_envs, dimensions), 0.2, dtype=np.float32))
        np.testing.assert_array_equal(bounded.step(outside)[0], expected[0])


class SimulatorContract(EnvContract, OpeningContract):
    """The whole suite."""
