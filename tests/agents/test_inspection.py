import jax.numpy as jnp
import pytest

from tests.agents.small import small_agent, small_config
from tuner.agents import finish_updates, gradient_steps_done, is_finite, training_metrics


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


@pytest.mark.parametrize("learner", ["stock", "fused"])
@pytest.mark.parametrize("algorithm", ["sac", "tqc"])
def test_what_learners_say_has_sbx_names(algorithm, learner):
    agent = small_agent(small_config(algorithm, learner=learner, arguments={"gradient_steps": 2, "policy_delay": 1}))
    agent.learn(4)
    assert training_metrics(agent) == {}  # no update yet
    agent.learn(40)
    finish_updates(agent)
    assert {"actor_loss", "critic_loss", "ent_coef", "ent_coef_loss"} <= set(training_metrics(agent))


@pytest.mark.parametrize(("algorithm", "name"), [("td3", "actor_loss"), ("crossq", "ent_coef"), ("ppo", "value_loss")])
def test_other_algorithms_say_what_sbx_logs(algorithm, name):
    agent = small_agent(small_config(algorithm))
    agent.learn(64)
    found = training_metrics(agent)
    assert name in found
    assert "n_updates" not in found


def test_what_is_not_finite_is_left_out(monkeypatch):
    agent = small_agent(small_config())
    agent.learn(40)
    agent.logger.record("train/actor_loss", float("nan"))
    assert "actor_loss" not in training_metrics(agent)
    assert "critic_loss" in training_metrics(agent)
