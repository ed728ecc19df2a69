"""What exported files carry along: an action box around the task, and a first deviation for the actor."""

import gymnasium
import jax
import numpy as np
import pytest
import sbx
from stable_baselines3.common.vec_env import DummyVecEnv

from tuner.export._embedded_code import ActionBox, set_initial_std


class Recorder(gymnasium.Env):
    """Returns the action that it was given as its observation."""

    observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (2,))
    action_space = gymnasium.spaces.Box(-100.0, 100.0, (2,))

    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}

    def step(self, action):
        return np.asarray(action, np.float32), 0.0, False, False, {}


@pytest.fixture
def task():
    return DummyVecEnv([Recorder, Recorder])


def test_the_agent_sees_its_own_box_and_leaves_it_never(task):
    env = ActionBox(task, [-1.0, 0.0], [1.0, 0.5])
    assert env.action_space == gymnasium.spaces.Box(np.float32([-1.0, 0.0]), np.float32([1.0, 0.5]), dtype=np.float32)
    assert env.reset().tolist() == [[0.0, 0.0], [0.0, 0.0]]
    observations, *_ = env.step(np.array([[-3.0, 0.25], [0.5, 9.0]]))
    assert observations.tolist() == [[-1.0, 0.25], [0.5, 0.5]]
    assert (env.num_envs, env.observation_space) == (2, task.observation_space)


@pytest.mark.parametrize("algorithm", [sbx.SAC, sbx.TQC, sbx.CrossQ])
def test_an_actor_explores_with_its_first_deviation_in_every_state(task, algorithm):
    agent = algorithm("MlpPolicy", ActionBox(task, [-1.0, -1.0], [1.0, 1.0]), policy_kwargs={"net_arch": [8]})
    before = jax.tree.map(np.shape, agent.policy.actor_state.params)
    set_initial_std(agent, 0.25)
    assert jax.tree.map(np.shape, agent.policy.actor_state.params) == before
    state = agent.policy.actor_state
    variables = {"params": state.params}
    if algorithm is sbx.CrossQ:
        variables |= {"batch_stats": state.batch_stats}
    observations = np.random.default_rng(0).normal(size=(16, 2)).astype(np.float32)
    squashed = state.apply_fn(variables if algorithm is sbx.CrossQ else state.params, observations)
    np.testing.assert_allclose(squashed.distribution.stddev(), 0.25, rtol=1e-5)
    assert np.ptp(squashed.distribution.mean()) > 0, "the means still depend on the state"
