import logging
import random
from contextlib import contextmanager

import jax
import numpy as np
import pytest
import torch

from tests.agents.small import assert_same_parameters, small_agent, small_config
from tuner.agents import gradient_steps_done, is_finite, warm_up

CASES = {
    "sac": small_config(),
    "sac, delay 2 at every offset": small_config(arguments={"gradient_steps": 3, "policy_delay": 2}),
    "sac, n-step and held noise": small_config(arguments={"n_steps": 3, "use_sde": True, "train_freq": 2}),
    "sac, falling learning rate": small_config(arguments={"learning_rate": "lin_1e-2"}),
    "sac, changed updates": small_config(mean_penalty=0.1, critics_for_actor="mean", max_ent_coef=1.0),
    "tqc": small_config("tqc"),
    "ppo, truncated minibatch": small_config("ppo"),
    "ppo, one epoch of one minibatch": small_config("ppo", arguments={"n_epochs": 1, "batch_size": 32}),
    "ppo, epochs of one minibatch": small_config("ppo", arguments={"n_epochs": 3, "batch_size": 32}),
    "ppo, adaptive learning rate": small_config("ppo", arguments={"target_kl": 0.01}),
    "td3": small_config("td3", arguments={"action_noise": 0.1}),
    "crossq": small_config("crossq"),
}
SLOW_TO_COMPILE = ("td3", "crossq", "ppo, adaptive learning rate")
PARAMETERS = [
    pytest.param(config, id=name, marks=pytest.mark.slow if name in SLOW_TO_COMPILE else ())
    for name, config in CASES.items()
]


@contextmanager
def compilations():
    """What JAX traces and compiles within the block, one message each."""
    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("jax")
    logger.addHandler(handler)
    propagate, logger.propagate = logger.propagate, False
    try:
        with jax.log_compiles():
            yield messages
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate


def agent_for(config):
    return small_agent(config, seed=5, probes=[2] if config.off_policy else [])


@pytest.mark.parametrize("config", PARAMETERS)
def test_training_after_a_warm_up_compiles_nothing_and_is_the_same(config):
    cold = agent_for(config)
    with compilations() as seen_cold:
        cold.learn(96)
    warm = agent_for(config)
    warm_up(warm)
    with compilations() as seen_warm:
        warm.learn(96)
        warm.predict(warm._last_obs, deterministic=True)  # as an evaluation does
        assert is_finite(warm)
    assert seen_cold  # the counter counts
    assert seen_warm == []
    assert gradient_steps_done(warm) == gradient_steps_done(cold) > 0
    assert_same_parameters(warm, cold)
    if config.off_policy:
        np.testing.assert_array_equal(warm.replay_buffer.actions, cold.replay_buffer.actions)


FUSED = small_config(learner="fused", arguments={"gradient_steps": 2, "n_steps": 2})  # a shape that no other test has


def test_fused_learner_compiles_nothing_after_a_warm_up():
    with compilations() as seen:  # compiled while it is built, if another process builds one of these sizes just then
        cold, warm = agent_for(FUSED), agent_for(FUSED)
        warm_up(warm)
    assert any("_learn" in message for message in seen)  # the counter counts
    with compilations() as seen:
        warm.learn(96)
        warm.learner.finish_updates()
        warm.predict(warm._last_obs, deterministic=True)
        assert is_finite(warm)
    assert seen == []
    cold.learn(96)
    cold.learner.finish_updates()
    assert gradient_steps_done(warm) == gradient_steps_done(cold) > 0
    assert_same_parameters(warm, cold)
    for ours, theirs in zip(warm.replay_buffer.memory, cold.replay_buffer.memory, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("config", [small_config(), small_config("ppo"), FUSED], ids=["sac", "ppo", "fused"])
def test_warm_up_leaves_no_trace(config):
    agent = agent_for(config)

    def facts():
        return {
            "keys": [np.asarray(key).tolist() for key in (agent.key, agent.policy.key, agent.policy.noise_key)],
            "updates": agent._n_updates,
            "attributes": sorted(vars(agent)),
            "normalisation": (
                agent.get_vec_normalize_env().obs_rms.mean.tolist(),
                agent._vec_normalize_env.obs_rms.count,
            ),
            "box": agent.action_space.np_random.bit_generator.state,
            "numpy": np.random.get_state()[1].tolist(),
            "torch": torch.get_rng_state().tolist(),
            "python": random.getstate(),
        }

    buffer_name = "replay_buffer" if config.off_policy else "rollout_buffer"
    buffer = getattr(agent, buffer_name)
    before, untouched = facts(), agent_for(config)
    random.setstate(before["python"])
    # Building the other agent seeded the generators with the same seed, so they are in the same state.
    warm_up(agent)
    assert facts() == before
    assert_same_parameters(agent, untouched)
    assert getattr(agent, buffer_name) is buffer
    if config.learner == "fused":
        assert buffer.size() == 0
        assert not np.asarray(buffer.memory.endings).any()
    else:
        assert (buffer.pos, buffer.full) == (0, False)


def test_agent_is_restored_even_if_the_warm_up_fails():
    agent = agent_for(small_config())
    buffer = agent.replay_buffer
    agent.batch_size = -1  # NumPy refuses to draw a negative number of samples
    with pytest.raises(ValueError, match="negative"):
        warm_up(agent)
    assert agent.replay_buffer is buffer
    assert "_logger" not in vars(agent)
