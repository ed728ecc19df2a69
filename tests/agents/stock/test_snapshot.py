import random

import numpy as np
import pytest
import torch

from tests.agents.small import assert_same_parameters, parameters, small_agent, small_config
from tuner.agents.stock import unchanged


def everything(agent):
    """The agent's attributes by identity, and the states of all random generators."""
    return {
        "agent": {name: id(value) for name, value in vars(agent).items()},
        "policy": {name: id(value) for name, value in vars(agent.policy).items() if not name.endswith("_state")},
        "box": agent.action_space.np_random.bit_generator.state,
        "python": random.getstate(),
        "numpy": np.random.get_state()[1].tolist(),
        "torch": torch.get_rng_state().tolist(),
    }


def meddle(agent):
    """Change what training changes, and more."""
    agent.num_timesteps += 7
    agent.something_new = 1
    del agent.gamma
    agent.policy.noise_key = None
    agent.policy.actor_state = agent.policy.actor_state.replace(step=99)
    agent.action_space.sample()
    random.random()
    np.random.random()
    torch.rand(1)


def test_an_agent_is_restored_with_all_random_generators():
    agent = small_agent(small_config())
    agent.ent_coef_state = None  # a train state of the agent's own would be copied
    before, arrays = everything(agent), parameters_of_policy(agent)
    with unchanged(agent):
        meddle(agent)
        assert everything(agent) != before
    assert everything(agent) == before
    for name, array in parameters_of_policy(agent).items():
        np.testing.assert_array_equal(array, arrays[name], err_msg=name)


def parameters_of_policy(agent):
    return {name: array for name, array in parameters(agent).items() if "ent_coef" not in name}


def test_an_agent_is_restored_after_a_failure():
    agent = small_agent(small_config())

    def fail():
        with unchanged(agent):
            agent.num_timesteps = 12
            raise KeyError("in the middle")

    with pytest.raises(KeyError, match="in the middle"):
        fail()
    assert agent.num_timesteps == 0


@pytest.mark.parametrize("algorithm", ["sac", "ppo"])
def test_learning_rates_that_sbx_changes_in_place_are_restored(algorithm):
    agent, untouched = (small_agent(small_config(algorithm)) for _ in range(2))
    with unchanged(agent):
        optimizer = agent.policy.actor_state.opt_state
        optimizer = optimizer if algorithm == "sac" else optimizer[1]  # PPO clips gradients before
        optimizer.hyperparams["learning_rate"] = 0.7
    assert_same_parameters(agent, untouched)


def test_the_adaptive_learning_rate_of_ppo_is_restored():
    agent = small_agent(small_config("ppo", arguments={"target_kl": 0.01}))
    rate = agent.adaptive_lr.current_adaptive_lr
    with unchanged(agent):
        agent.adaptive_lr.update(1.0)  # far above the target: the rate falls
        assert agent.adaptive_lr.current_adaptive_lr < rate
    assert agent.adaptive_lr.current_adaptive_lr == rate


def test_a_replaced_buffer_is_put_back():
    agent = small_agent(small_config())
    buffer = agent.replay_buffer
    with unchanged(agent):
        agent.replay_buffer = None
    assert agent.replay_buffer is buffer
