import math

import flax.linen as nn
import optax
import pytest

from tuner.agents import policy_arguments
from tuner.config import AgentConfig, Network
from tuner.errors import UserError


def translate(algorithm, initial_std=None, **network):
    return policy_arguments(AgentConfig(algorithm=algorithm, network=Network(**network), initial_std=initial_std))


def test_sac_network_in_sbx_terms():
    name, arguments = translate(
        "sac",
        pi=(512, 256),
        qf=(768, 384),
        activation="silu",
        layer_norm=True,
        n_critics=3,
        optimizer="adamw",
        optimizer_arguments={"b2": 0.95, "weight_decay": 1e-3},
    )
    assert name == "MlpPolicy"
    assert arguments == {
        "net_arch": {"pi": [512, 256], "qf": [768, 384]},
        "activation_fn": nn.silu,
        "layer_norm": True,
        "n_critics": 3,
        "optimizer_class": optax.adamw,
        "optimizer_kwargs": {"b2": 0.95, "weight_decay": 1e-3},
    }


def test_ppo_critic_is_called_vf_and_its_deviation_a_log():
    name, arguments = translate("ppo", initial_std=0.5, pi=(64,), qf=(32,), activation="elu")
    assert name == "MlpPolicy"
    assert arguments["net_arch"] == {"pi": [64], "vf": [32]}
    assert arguments["log_std_init"] == math.log(0.5)
    assert "layer_norm" not in arguments


def test_defaults_that_sbx_gives_the_optimiser_are_kept():
    # SBX sets them only when no optimizer_kwargs are passed at all.
    assert translate("ppo", optimizer_arguments={"b1": 0.8})[1]["optimizer_kwargs"] == {"eps": 1e-5, "b1": 0.8}
    assert translate("crossq")[1]["optimizer_kwargs"] == {"b1": 0.5}
    assert translate("sac")[1]["optimizer_kwargs"] == {}


@pytest.mark.parametrize("algorithm", ["sac", "tqc", "crossq"])
def test_simba(algorithm):
    name, arguments = translate(algorithm, kind="simba", pi=(128, 128), qf=(256, 256))
    assert name == "SimbaPolicy"
    assert arguments["net_arch"] == {"pi": [128, 128], "qf": [256, 256]}


@pytest.mark.parametrize(
    ("algorithm", "network", "message"),
    [
        ("ppo", {"kind": "simba"}, "no simba network for ppo"),
        ("td3", {"kind": "simba"}, "no simba network for td3"),
        ("sac", {"kind": "simba", "pi": (256, 128)}, r"network.pi is \[256, 128\]"),
        ("sac", {"kind": "simba", "layer_norm": True}, "always normalises"),
        ("ppo", {"layer_norm": True}, "no layer normalisation"),
        ("tqc", {"n_critics": 5}, "network.n_critics is 5"),
        ("ppo", {"n_critics": 5}, "network.n_critics is 5"),
        ("sac", {"optimizer_arguments": {"beta2": 0.9}}, "Unknown adam argument 'beta2'"),
        ("sac", {"optimizer_arguments": {"weight_decay": 0.9}}, "Unknown adam argument 'weight_decay'"),
        ("sac", {"optimizer_arguments": {"learning_rate": 0.9}}, "Unknown adam argument 'learning_rate'"),
    ],
)
def test_networks_that_sbx_does_not_have(algorithm, network, message):
    with pytest.raises(UserError, match=message):
        translate(algorithm, **network)


def test_initial_std_of_a_deterministic_actor():
    with pytest.raises(UserError, match="action_noise"):
        translate("td3", initial_std=0.1)


def test_initial_std_beyond_the_clip_of_sbx():
    # SBX clips ln σ at 2, so σ at e² = 7.39.
    with pytest.raises(UserError, match=r"7\.39"):
        translate("sac", initial_std=8.0)
    assert translate("ppo", initial_std=8.0)[1]["log_std_init"] == math.log(8.0)
