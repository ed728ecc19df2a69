import jax.numpy as jnp
import pytest

from tests.agents.small import small_agent, small_config
from tuner.agents import gradient_steps_done, is_finite


@pytest.mark.parametrize("algorithm", ["sac", "tqc", "ppo", "td3", "crossq"])
def test_fresh_agents_are_finite(algorithm):
    agent = small_agent(small_config(algorithm))
    assert is_finite(agent) is True
    assert gradient_steps_done(agent) == 0


@pytest.mark.parametrize("value", [jnp.nan, jnp.inf])
def test_one_bad_number_is_found(value):
    agent = small_agent(small_config())
    state = agent.policy.qf_state
    broken = dict(state.target_params["params"])
    vmapped = next(iter(broken))
    layer = broken[vmapped]["Dense_0"]
    kernel = layer["kernel"].at[0, 0, 0].set(value)
    broken[vmapped] = {**broken[vmapped], "Dense_0": {**layer, "kernel": kernel}}
    agent.policy.qf_state = state.replace(target_params={"params": broken})
    assert is_finite(agent) is False


def test_gradient_steps_of_sac():
    agent = small_agent(small_config(arguments={"gradient_steps": 3, "learning_starts": 4}))
    agent.learn(12)  # three steps of four robots; updates after the second and third
    assert gradient_steps_done(agent) == 6


def test_gradient_steps_of_ppo():
    agent = small_agent(small_config("ppo"))
    agent.learn(64)  # two rollouts of 32 transitions, two epochs each, six minibatches an epoch
    assert gradient_steps_done(agent) == 2 * 2 * 6
