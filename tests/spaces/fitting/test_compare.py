"""Each value of a configuration is kept, or it is said what is used in its place and why."""

import pytest

from tests.spaces.fitting.test_fit import fit, kinds


def test_what_the_space_does_not_have_is_said():
    found = fit({"batch_size": 300, "gamma": 0.9999, "activation_fn": "tanh", "clip_observations": 5.0, "tau": 0.02})
    assert kinds(found) == {
        "batch_size": "rounded",
        "gamma": "clipped",
        "activation_fn": "outside",
        "clip_observations": "ignored",
        "tau": "kept",
    }
    assert found.parameters["one_minus_gamma"] == 0.005
    assert found.agent.network.activation == "relu"  # SBX's, as the given one cannot be had
    assert "the space always has 10" in str(found.remarks[3])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"net_arch": [400, 300]}, "rounded"),  # between [256, 256] and [512, 256, 128]
        ({"net_arch": [2048, 2048]}, "clipped"),
        ({"optimizer_kwargs": {"weight_decay": 0.1}}, "outside"),
        ({"learning_starts": 0}, "clipped"),
        ({"train_freq": 64, "gradient_steps": 64}, "clipped"),
        ({"stats_window_size": 7}, "ignored"),
        ({"n_envs": 3}, "ignored"),
    ],
)
def test_kinds(values, kind):
    found = fit(values)
    assert kinds(found)[next(iter(values))] == kind


def test_gradient_steps_follow_the_environment_steps_between_them():
    found = fit({"train_freq": 64, "gradient_steps": 64})
    assert kinds(found)["gradient_steps"] == "kept"
    assert found.agent.arguments["gradient_steps"] == found.agent.arguments["train_freq"] < 64
