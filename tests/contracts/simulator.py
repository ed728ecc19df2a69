"""What every simulator must do, whatever engine steps it: the rules of `tuner/simulators/_base.py` as tests.

Derive a class named `Test…` from `SimulatorContract` and say how to open the task:

    class TestCartpole(SimulatorContract):
        simulator = "mujoco"
        task_id = "Cartpole"

The proofs need no knowledge of the engine. Two environments with the same seed and actions but different episode
limits are the same until the shorter limit ends an episode; what the longer one observes then is the true last
observation of the shorter one.
"""

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
from gymnasium import spaces

from tuner.config import ActionBox, TaskConfig
from tuner.errors import UserError
from tuner.simulators import BoundedActions, TaskEnv, get_simulator, open_task

LIMIT = 8
"""Control steps to which most tests shorten the episode."""

Floats = npt.NDArray[np.float32]


class SimulatorContract:
    """The suite; the attributes say which task is opened, and how."""

    simulator: ClassVar[str]
    task_id: ClassVar[str]
    options: ClassVar[dict[str, Any]] = {}
    action_scale: ClassVar[float] = 1.0
    """Actions are drawn from ± this, within the task's own box: gentle enough not to fail within `LIMIT` steps."""
    listed: ClassVar[bool] = True
    """Whether `tasks()` names the task."""
    failing_action: ClassVar[float | None] = None
    """A constant action under which robots fail within `failing_steps`; None for tasks without failures."""
    failing_steps: ClassVar[int] = 500
    failed: ClassVar[Callable[[Any], Any] | None] = None
    """Says of observations, shape (n, observation_dim), which of them show a failure; as a staticmethod."""

    def limited(self, steps: int) -> dict[str, Any]:
        """Return the options that limit episodes to `steps` control steps."""
        return {"max_episode_steps": steps}

    def config(self, num_envs: int, limit: int | None, **options: Any) -> TaskConfig:
        merged = {**self.options, **({} if limit is None else self.limited(limit)), **options}
        return TaskConfig(id=self.task_id, simulator=self.simulator, num_envs=num_envs, options=merged)

    @pytest.fixture
    def open_env(self) -> Any:
        """Open environments that are closed after the test."""
        opened: list[TaskEnv] = []

        def open_env(
            num_envs: int = 4, *, seed: int = 3, threads: int = 1, limit: int | None = LIMIT, spread: bool = False
        ) -> TaskEnv:
            env = open_task(self.config(num_envs, limit), seed=seed, threads=threads)
            env.spread_ages = spread
            opened.append(env)
            return env

        yield open_env
        for env in opened:
            env.close()

    def actions(self, env: TaskEnv, steps: int, seed: int = 11) -> Floats:
        """Return gentle random actions, shape (steps, num_envs, action_dim)."""
        random = np.random.default_rng(seed)
        shape = (steps, env.num_envs, *env.action_space.shape)
        drawn = random.uniform(-self.action_scale, self.action_scale, shape).astype(np.float32)
        return np.clip(drawn, env.action_space.low, env.action_space.high)

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

    def test_the_limit_can_be_chosen(self, open_env: Any) -> None:
        assert open_env(limit=LIMIT).max_episode_steps == LIMIT

    def test_lists_the_task(self) -> None:
        tasks = get_simulator(self.simulator).tasks()
        assert len(tasks) == len(set(tasks))
        assert (self.task_id in tasks) == self.listed

    def test_an_unknown_task_is_the_users_mistake(self) -> None:
        misspelled = self.task_id[:-1] + "#"
        task = TaskConfig(id=misspelled, simulator=self.simulator, num_envs=1, options=self.options)
        with pytest.raises(UserError) as caught:
            open_task(task, seed=0, threads=1)
        assert misspelled in str(caught.value)
        assert f"'{self.task_id}'" in str(caught.value)  # the nearest name is offered

    def test_an_unknown_option_is_the_users_mistake(self) -> None:
        with pytest.raises(UserError, match="no_such_option"):
            open_task(self.config(1, None, no_such_option=1), seed=0, threads=1)

    # Shapes, types, ownership of arrays

    def test_shapes_and_types(self, open_env: Any) -> None:
        env = open_env(num_envs=3)
        observations = env.reset()
        shape = (3, *env.observation_space.shape)
        assert (observations.shape, observations.dtype) == (shape, np.float32)
        for action in self.actions(env, 2 * LIMIT):
            observations, rewards, dones, infos = env.step(action)
            assert (observations.shape, observations.dtype) == (shape, np.float32)
            assert (rewards.shape, rewards.dtype) == ((3,), np.float32)
            assert (dones.shape, dones.dtype) == ((3,), np.bool_)
            assert np.isfinite(observations).all()
            assert np.isfinite(rewards).all()
            assert isinstance(infos, list)
            assert len(infos) == 3
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

    # The end of an episode

    def test_the_terminal_observation_is_the_true_last_one(self, open_env: Any) -> None:
        short, long = open_env(limit=LIMIT), open_env(limit=LIMIT + 3)
        np.testing.assert_array_equal(short.reset(), long.reset())
        for step, action in enumerate(self.actions(short, LIMIT), start=1):
            ended, expected = short.step(action), long.step(action)
            assert not expected[2].any(), f"robots fail in step {step}: choose gentler actions"
            np.testing.assert_array_equal(ended[1], expected[1])
            if step < LIMIT:
                np.testing.assert_array_equal(ended[0], expected[0])
                assert not ended[2].any()
        assert ended[2].all()
        terminal = np.stack([info["terminal_observation"] for info in ended[3]])
        np.testing.assert_array_equal(terminal, expected[0])
        assert (terminal != ended[0]).any(axis=1).all()  # what was returned is the new episode's first observation

    def test_time_outs_are_truncations(self, open_env: Any) -> None:
        env = open_env(num_envs=5)
        env.reset()
        for step, action in enumerate(self.actions(env, 3 * LIMIT), start=1):
            _, _, dones, infos = env.step(action)
            assert dones.all() == dones.any() == (step % LIMIT == 0)  # all together, as ages are not spread
            for info in infos:
                assert bool(info.get("TimeLimit.truncated", False)) == (step % LIMIT == 0)

    def test_failures_are_not_truncations(self, open_env: Any) -> None:
        if self.failing_action is None:
            pytest.skip("this task has no failures")
        env = open_env(num_envs=8, limit=self.failing_steps)
        env.reset()
        action = np.full((8, *env.action_space.shape), self.failing_action, dtype=np.float32)
        action = np.clip(action, env.action_space.low, env.action_space.high)
        failures = 0
        for _ in range(self.failing_steps - 1):  # one step short of the limit: nothing can time out
            observations, _, dones, infos = env.step(action)
            for robot in np.flatnonzero(dones):
                failures += 1
                assert not infos[robot].get("TimeLimit.truncated", False)
                if self.failed is not None:
                    assert type(self).failed(infos[robot]["terminal_observation"][None]).all()  # type: ignore[misc]
                    assert not type(self).failed(observations[robot][None]).any()  # type: ignore[misc]
        assert failures > 0, "no robot failed: choose a rougher failing_action"

    # Initial ages

    def test_initial_ages_are_spread_when_asked(self, open_env: Any) -> None:
        limit, robots = 10, 60
        env = open_env(num_envs=robots, limit=limit, spread=True)
        env.reset()
        ends: list[list[int]] = [[] for _ in range(robots)]
        for step, action in enumerate(self.actions(env, 2 * limit), start=1):
            _, _, dones, infos = env.step(action)
            for robot in np.flatnonzero(dones):
                assert infos[robot]["TimeLimit.truncated"]
                ends[robot].append(step)
        first = [steps[0] for steps in ends]
        assert min(first) >= 1
        assert max(first) <= limit
        # 60 robots in 10 bins, uniform: 6 each on average. A bin of more than 20 has odds of about 1 in a million; so
        # has a half (30 on average) that holds fewer than 12.
        assert max(np.bincount(first, minlength=limit + 1)) <= 20
        assert 12 <= sum(step <= limit // 2 for step in first) <= 48
        for steps in ends:  # only the first episode is shortened
            assert np.diff(steps).tolist() == [limit] * (len(steps) - 1)
            assert steps[0] + limit > 2 * limit - 1 or len(steps) >= 2

    def test_ages_alter_nothing_but_the_end(self, open_env: Any) -> None:
        spread, plain = open_env(limit=40, spread=True), open_env(limit=40, spread=False)
        np.testing.assert_array_equal(spread.reset(), plain.reset())
        compared = 0
        for action in self.actions(plain, LIMIT):
            aged, expected = spread.step(action), plain.step(action)
            going_on = ~(aged[2] | expected[2])
            if not going_on.all():
                break  # resets may draw from the shared random stream from here on
            compared += 1
            np.testing.assert_array_equal(aged[0], expected[0])
            np.testing.assert_array_equal(aged[1], expected[1])
        assert compared > 0

    def test_ages_come_from_the_seed(self, open_env: Any) -> None:
        def first_ends(env: TaskEnv) -> list[int]:
            env.reset()
            found = np.zeros(env.num_envs, dtype=int)
            for step, action in enumerate(self.actions(env, LIMIT), start=1):
                dones = env.step(action)[2]
                found[dones & (found == 0)] = step
            return found.tolist()

        env = open_env(num_envs=20, seed=5, spread=True)
        expected = first_ends(env)
        assert first_ends(open_env(num_envs=20, seed=5, spread=True)) == expected
        assert first_ends(open_env(num_envs=20, seed=6, spread=True)) != expected
        assert first_ends(env) != expected  # a second reset draws new ages
        env.seed(5)
        assert first_ends(env) == expected

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
        assert len(np.unique(open_env(num_envs=16).reset(), axis=0)) == 16

    def test_neighbouring_seeds_share_no_robots(self, open_env: Any) -> None:
        both = np.concatenate([open_env(num_envs=16, seed=seed).reset() for seed in (5, 6)])
        assert len(np.unique(both, axis=0)) == 32

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

    # Stable-Baselines3's protocol, and the end

    def test_answers_stable_baselines3(self, open_env: Any) -> None:
        env = open_env(num_envs=2)
        assert env.get_attr("render_mode") == [None, None]
        assert len(env.env_is_wrapped(type(None))) == 2  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            env.get_attr("no_such_attribute")

    def test_takes_the_agents_action_box(self, open_env: Any) -> None:
        env = open_env()
        dimensions = env.action_space.shape[0]
        bounded = BoundedActions(env, ActionBox(low=(-0.1,) * dimensions, high=(0.2,) * dimensions))
        twin = open_env()
        np.testing.assert_array_equal(bounded.reset(), twin.reset())
        outside = np.full((4, dimensions), 50.0, dtype=np.float32)
        expected = twin.step(np.full((4, dimensions), 0.2, dtype=np.float32))
        np.testing.assert_array_equal(bounded.step(outside)[0], expected[0])

    def test_closing_twice_is_harmless(self) -> None:
        env = open_task(self.config(2, LIMIT), seed=0, threads=1)
        env.reset()
        env.close()
        env.close()

    def test_can_be_closed_before_the_first_reset_and_opened_again(self) -> None:
        open_task(self.config(2, LIMIT), seed=0, threads=1).close()
        env = open_task(self.config(2, LIMIT), seed=0, threads=1)
        assert np.isfinite(env.reset()).all()
        env.close()
