from typing import Any

import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecNormalize, unwrap_vec_normalize

from tests.support.point_mass import PointMassEnv
from tuner.config import ActionBox
from tuner.errors import UserError
from tuner.simulators import BoundedActions


class Recorder(PointMassEnv):
    """A point mass in `dimensions` directions of which only the first counts; keeps the actions it is given."""

    def __init__(self, num_envs: int, low: float, high: float, dimensions: int = 2) -> None:
        super().__init__(num_envs)
        self.action_space = spaces.Box(low, high, (dimensions,), np.float32)
        self.given: list[Any] = []

    def step_async(self, actions: Any) -> None:
        self.given.append(np.array(actions))
        super().step_async(actions)


@pytest.mark.parametrize("limit", [0.05, 1.0, 100.0, np.inf])
def test_declares_and_imposes_the_agents_box_whatever_the_task_declared(limit: float) -> None:
    env = Recorder(3, -limit, limit)
    bounded = BoundedActions(env, ActionBox(low=(-2.0, 0.1), high=(0.5, 0.3)))
    assert bounded.action_space == spaces.Box(np.float32([-2.0, 0.1]), np.float32([0.5, 0.3]))
    assert env.action_space == spaces.Box(-limit, limit, (2,), np.float32)  # the task's own stays as it was
    bounded.reset()
    actions = np.float32([[-9.0, 0.2], [0.25, 9.0], [9.0, -9.0]])
    given = actions.copy()
    bounded.step(actions)
    expected = np.float32([[-2.0, 0.2], [0.25, 0.3], [0.5, 0.1]])
    np.testing.assert_array_equal(env.given[0], expected)
    np.testing.assert_array_equal(actions, given)  # the agent's array is left alone


def test_passes_everything_else_through() -> None:
    bounded, plain = BoundedActions(PointMassEnv(2), ActionBox(low=(-1.0,), high=(1.0,))), PointMassEnv(2)
    np.testing.assert_array_equal(bounded.reset(), plain.reset())
    for _ in range(120):  # past the end of an episode
        action = np.float32([[0.1], [-0.1]])
        found, expected = bounded.step(action), plain.step(action)
        for one, other in zip(found[:3], expected[:3], strict=True):
            np.testing.assert_array_equal(one, other)
        assert [info.keys() for info in found[3]] == [info.keys() for info in expected[3]]
    bounded.seed(7)
    plain.seed(7)
    np.testing.assert_array_equal(bounded.reset(), plain.reset())


def test_answers_for_the_environment_below() -> None:
    env = PointMassEnv(2)
    bounded = BoundedActions(env, ActionBox(low=(-1.0,), high=(1.0,)))
    assert bounded.max_episode_steps == 100
    assert bounded.get_attr("max_episode_steps") == [100, 100]
    assert bounded.get_attr("render_mode") == [None, None]
    bounded.set_attr("spread_ages", True)
    assert env.spread_ages
    assert bounded.unwrapped is env
    with pytest.raises(AttributeError):
        bounded.get_attr("nothing_of_this_name")


def test_the_normaliser_below_is_found() -> None:
    normalized = VecNormalize(PointMassEnv(2), norm_reward=False)
    bounded = BoundedActions(normalized, ActionBox(low=(-1.0,), high=(1.0,)))
    assert unwrap_vec_normalize(bounded) is normalized
    bounded.reset()
    assert bounded.max_episode_steps == 100  # found through both wrappers


def test_not_a_number_is_not_hidden() -> None:
    env = Recorder(1, -1.0, 1.0)
    bounded = BoundedActions(env, ActionBox(low=(-1.0, -1.0), high=(1.0, 1.0)))
    bounded.reset()
    bounded.step(np.float32([[np.nan, 2.0]]))
    assert np.isnan(env.given[0][0, 0])
    assert env.given[0][0, 1] == 1.0


def test_the_wrong_number_of_dimensions_is_refused() -> None:
    with pytest.raises(UserError, match="3 dimensions, the task's has 2"):
        BoundedActions(Recorder(1, -1.0, 1.0), ActionBox(low=(-1.0,) * 3, high=(1.0,) * 3))


def test_discrete_actions_are_refused() -> None:
    env = PointMassEnv(1)
    env.action_space = spaces.Discrete(2)  # type: ignore[assignment]
    with pytest.raises(UserError, match=r"Discrete\(2\)"):
        BoundedActions(env, ActionBox(low=(-1.0,), high=(1.0,)))
