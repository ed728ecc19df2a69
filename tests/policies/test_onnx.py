"""Policies exported as ONNX, run by onnxruntime."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.actions.folders import BOX, write_trial
from tests.agents.small import NETWORK
from tuner.errors import TunerError, UserError
from tuner.policies import Policy, onnx_model

ALGORITHMS = ("sac", "tqc", "td3", "crossq", "ppo")
ACTIVATIONS = ("relu", "elu", "silu", "tanh")


def run(model, observations):
    (actions,) = onnxruntime.InferenceSession(model).run(["actions"], {"observations": observations})
    return actions


def observations(robots):
    return np.random.default_rng(1).normal(0.0, 3.0, (robots, 2)).astype(np.float32)


def exported(folder, algorithm="sac", network=None, **changes):
    write_trial(folder, algorithm, network=NETWORK.model_copy(update=network or {}), **changes)
    policy = Policy.load(folder)
    return policy, onnx_model(policy)


@pytest.mark.parametrize(
    ("algorithm", "activation"),
    [*((algorithm, "relu") for algorithm in ALGORITHMS), *(("sac", activation) for activation in ACTIVATIONS[1:])],
)
def test_every_algorithm_and_activation_acts_as_the_policy(tmp_path, algorithm, activation):
    policy, model = exported(tmp_path, algorithm, {"activation": activation})
    for robots in (1, 9, 300):  # whatever the number of robots with which it was traced
        given = observations(robots)
        np.testing.assert_allclose(run(model, given), policy.act(given), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("algorithm", "network"),
    [
        ("sac", {"layer_norm": True}),
        ("td3", {"layer_norm": True}),
        *((algorithm, {"kind": "simba", "pi": (8, 8), "qf": (8, 8)}) for algorithm in ("sac", "tqc", "crossq")),
        ("sac", {"pi": (301, 5), "qf": (8,)}),
    ],
)
def test_every_kind_of_network_acts_as_the_policy(tmp_path, algorithm, network):
    policy, model = exported(tmp_path, algorithm, network)
    given = observations(30)
    np.testing.assert_allclose(run(model, given), policy.act(given), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("algorithm", ["sac", "ppo"])
def test_without_normalisation(tmp_path, algorithm):
    policy, model = exported(tmp_path, algorithm, normalize_observations=False)
    given = observations(30)
    np.testing.assert_allclose(run(model, given), policy.act(given), rtol=1e-5, atol=1e-6)


def test_normalisation_of_large_observations_loses_no_digits(tmp_path):
    # In float32 the difference to a mean of 1e6 would be off by 0.06.
    write_trial(tmp_path)
    file = tmp_path / "normalization.npz"
    with np.load(file) as numbers:
        changed = {**numbers, "mean": np.array([1e6, -1e6]), "var": np.array([1.0, 4.0])}
    np.savez(file, **changed)
    policy = Policy.load(tmp_path)
    given = (observations(20) + np.array([1e6, -1e6])).astype(np.float32)
    np.testing.assert_allclose(run(onnx_model(policy), given), policy.act(given), rtol=1e-5, atol=1e-6)


def test_actions_stay_in_the_box(tmp_path):
    _, model = exported(tmp_path)
    actions = run(model, observations(50) * 1e6)
    assert actions.min() >= BOX.low[0]
    assert actions.max() <= BOX.high[0]


def test_the_model_says_what_it_is(tmp_path):
    _, model = exported(tmp_path, "tqc")
    loaded = onnx.load_from_string(model)
    said = {entry.key: entry.value for entry in loaded.metadata_props}
    assert (said["task"], said["algorithm"]) == ("PointMass", "tqc")
    assert json.loads(said["action_low"]) == list(BOX.low)
    assert json.loads(said["action_high"]) == list(BOX.high)
    assert [dim.dim_param or dim.dim_value for dim in loaded.graph.input[0].type.tensor_type.shape.dim] == ["robots", 2]


def test_a_model_that_acts_otherwise_is_not_exported(tmp_path, monkeypatch):
    write_trial(tmp_path)
    policy = Policy.load(tmp_path)
    act = Policy.act
    monkeypatch.setattr(Policy, "act", lambda self, given: act(self, given) * 1.001)
    with pytest.raises(TunerError, match=r"differ from the policy's by 1\.0e-03"):
        onnx_model(policy)


def test_an_operation_that_onnx_has_not_is_named(tmp_path, monkeypatch):
    from tuner.policies import _onnx

    write_trial(tmp_path, "sac")
    monkeypatch.delitem(_onnx._RULES, "dot_general")
    with pytest.raises(UserError, match="computes 'dot_general', which cannot be exported as ONNX"):
        onnx_model(Policy.load(tmp_path))
