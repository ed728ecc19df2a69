"""What exported files carry along: an action box and a bonus around the task, and a first deviation for the actor."""

import gymnasium
import jax
import numpy as np
import pytest
import sbx
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor, VecNormalize

from tuner.export._embedded_code import ActionBox, AliveBonus, set_initial_std


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


class Ending(Recorder):
    """Earns 1 a step; its first episode ends in the second step, in the given way."""

    def __init__(self, *, terminated, truncated):
        self._ends = terminated, truncated
        self._steps = 0

    def step(self, action):
        self._steps += 1
        terminated, truncated = self._ends if self._steps == 2 else (False, False)
        return np.zeros(2, np.float32), 1.0, terminated, truncated, {}


def test_the_learner_alone_gets_a_bonus_for_every_step_that_does_not_fail():
    ends = [(True, False), (False, True), (True, True), (False, False)]
    robots = [lambda t=terminated, u=truncated: Ending(terminated=t, truncated=u) for terminated, truncated in ends]
    env = VecNormalize(AliveBonus(VecMonitor(DummyVecEnv(robots)), 0.25), norm_reward=False)
    env.reset()
    actions = np.zeros((4, 2))
    assert env.step(actions)[1].tolist() == [1.25] * 4
    _, rewards, dones, infos = env.step(actions)
    assert dones.tolist() == [True, True, True, False]
    # The first and the third robot failed; the second one only ran out of time.
    assert rewards.tolist() == [1.0, 1.25, 1.0, 1.25]
    assert env.get_original_reward().tolist() == rewards.tolist()  # this is what replay buffers get
    assert rewards.dtype == np.float32
    assert [info["episode"]["r"] for info in infos[:3]] == [2.0] * 3


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
