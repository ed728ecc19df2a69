import numpy as np
import pytest

from tests.agents.fused.support import still_agent
from tests.agents.small import small_agent, small_config
from tuner.agents.shared.parameters import gaussian_heads, set_initial_std, train_states
from tuner.config import Network

STATES = {
    "sac": ["actor_state", "qf_state", "ent_coef_state"],
    "tqc": ["actor_state", "qf1_state", "qf2_state", "ent_coef_state"],
    "ppo": ["actor_state", "vf_state"],
    "td3": ["actor_state", "qf_state"],
    "crossq": ["actor_state", "qf_state", "ent_coef_state"],
}


@pytest.mark.parametrize("algorithm", STATES)
def test_states_that_each_algorithm_trains(algorithm):
    agent = small_agent(small_config(algorithm))
    states = train_states(agent)
    assert list(states) == STATES[algorithm]
    assert states["actor_state"] is agent.policy.actor_state


@pytest.mark.parametrize("kind", ["mlp", "simba"])
@pytest.mark.parametrize("algorithm", ["sac", "tqc", "crossq"])
def test_initial_std_holds_in_every_state(algorithm, kind):
    network = Network(kind=kind, pi=(8, 8), qf=(8, 8))
    agent = small_agent(small_config(algorithm, network=network, initial_std=0.15))
    state = agent.policy.actor_state
    variables = {"params": state.params, "batch_stats": state.batch_stats} if algorithm == "crossq" else state.params
    observations = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    gaussian = state.apply_fn(variables, observations).distribution
    np.testing.assert_allclose(gaussian.stddev(), np.full((6, 1), 0.15), rtol=1e-6)
    assert np.ptp(gaussian.mean()) > 0  # the mean still depends on what is observed


def test_every_dimension_may_have_its_own_initial_std():
    agent = still_agent(small_config(initial_std=(0.1, 0.2, 0.4), target_entropy_std=(0.1, 0.2, 0.4)), "stock")
    head = agent.policy.actor_state.params["params"]["Dense_2"]
    np.testing.assert_allclose(np.exp(head["bias"]), [0.1, 0.2, 0.4], rtol=1e-6)
    # 3 · 1.4189385 + ln 0.1 + ln 0.2 + ln 0.4
    assert agent.target_entropy == pytest.approx(-0.5714976, rel=1e-6)


def test_only_the_head_of_the_deviation_is_set():
    agent = small_agent(small_config())
    before = agent.policy.actor_state
    set_initial_std(agent, 0.5)
    after = agent.policy.actor_state.params["params"]
    assert np.abs(before.params["params"]["Dense_2"]["kernel"]).max() > 0
    np.testing.assert_array_equal(after["Dense_2"]["kernel"], np.zeros((8, 1)))
    np.testing.assert_allclose(after["Dense_2"]["bias"], [-0.6931472], rtol=1e-6)  # ln 0.5
    for layer in ("Dense_0", "Dense_1"):
        np.testing.assert_array_equal(after[layer]["kernel"], before.params["params"][layer]["kernel"])
    assert agent.policy.actor_state.opt_state is before.opt_state


def layers_of(*widths):
    """Dense layers as flax names them, with so many outputs each, and a layer of another kind."""
    dense = {f"Dense_{number}": {"bias": np.zeros(width)} for number, width in enumerate(widths)}
    return {**dense, "LayerNorm_0": {"bias": np.zeros(8)}}


def test_heads_are_the_last_two_layers_by_number():
    assert gaussian_heads(layers_of(8, 8, 3, 3), 3) == ("Dense_2", "Dense_3")
    many = layers_of(*[8] * 9, 3, 3)  # Dense_10 comes after Dense_9, and before it in the alphabet
    assert gaussian_heads(dict(sorted(many.items())), 3) == ("Dense_9", "Dense_10")


@pytest.mark.parametrize("widths", [(3,), (8, 3), (8, 3, 3, 8)])
def test_actors_without_these_heads_are_refused(widths):
    with pytest.raises(TypeError, match=r"no mean and deviation heads of 3 dimensions: \['Dense_0'"):
        gaussian_heads(layers_of(*widths), 3)


def test_a_deterministic_actor_has_no_deviation_to_set():
    with pytest.raises(TypeError, match="no mean and deviation heads of 1 dimensions"):
        set_initial_std(small_agent(small_config("td3")), 0.5)
