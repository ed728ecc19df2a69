"""The part of the simulator contract about how episodes begin and end."""

from typing import Any

import numpy as np
import pytest

from tests.contracts.opened_task import LIMIT, OpenedTask
from tuner.simulators import TaskEnv


class EpisodeContract(OpenedTask):
    """Terminal observations, time-outs, failures and initial ages."""

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
        late = list(self.late_at_the_end)
        np.testing.assert_array_equal(np.delete(terminal, late, axis=1), np.delete(expected[0], late, axis=1))
        np.testing.assert_allclose(terminal[:, late], expected[0][:, late], atol=0.05)
        assert (terminal != ended[0]).any(axis=1).all()  # what was returned is the new episode's first observation

    def test_time_outs_are_truncations(self, open_env: Any) -> None:
        env = open_env()
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
        spread, plain = open_env(limit=400, spread=True), open_env(limit=400, spread=False)
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

        env, other = (open_env(num_envs=self.many, seed=seed, spread=True) for seed in (5, 6))
        expected = first_ends(env)
        assert first_ends(other) != expected
        other.seed(5)
        assert first_ends(other) == expected
        assert first_ends(env) != expected  # a second reset draws new ages
        env.seed(5)
        assert first_ends(env) == expected
