"""One name and one form for each thing, whatever file it comes from."""

from typing import Any

import pytest

from tuner.config.recipes import flatten
from tuner.errors import UserError


@pytest.mark.parametrize(
    ("values", "flat"),
    [
        ({"policy_kwargs": {"net_arch": [400, 300]}}, {"net_arch": {"pi": [400, 300], "qf": [400, 300]}}),
        ({"policy_kwargs": "dict(net_arch=dict(pi=[8], vf=[4]))"}, {"net_arch": {"pi": [8], "qf": [4]}}),
        ({"net_arch": [{"pi": [8], "vf": [4]}]}, {"net_arch": {"pi": [8], "qf": [4]}}),
        ({"activation_fn": "nn.ReLU"}, {"activation_fn": "relu"}),
        ({"activation_fn": "swish"}, {"activation_fn": "silu"}),
        ({"optimizer_class": "optax.adamw"}, {"optimizer_class": "adamw"}),
        ({"normalize": True}, {"normalize_observations": True}),
        (
            {"normalize": "dict(norm_obs=False, norm_reward=True, clip_obs=5.0)"},
            {"normalize_observations": False, "norm_reward": True, "clip_observations": 5.0},
        ),
        ({"normalize_input": True, "normalize_value": False}, {"normalize_observations": True}),
        ({"clip_obs": 5.0}, {"clip_observations": 5.0}),
        ({"noise_type": "normal", "noise_std": 0.1}, {"action_noise": 0.1}),
        ({"noise_type": "ornstein-uhlenbeck", "noise_std": 0.5}, None),
        ({"learning_rate": "1e-3", "buffer_size": 1e6}, {"learning_rate": 1e-3, "buffer_size": 1_000_000}),
        ({"learning_rate": "lin_1e-3"}, None),
        ({"clip_range": "lin_0.4"}, {"clip_range": 0.4, "clip_range_schedule": "linear"}),
        ({"policy": "MlpPolicy"}, {"policy": "mlp"}),
        ({"callback": [{"tuner.export.rl_zoo.InitialStd": {"std": 0.3}}]}, {"initial_std": 0.3}),
        (
            {"callback": [{"tuner.export.rl_zoo.InitialStd": {"std": [0.3, 0.2]}}, "x"]},
            {"initial_std": [0.3, 0.2], "callback": ["x"]},
        ),
        (
            {
                "vec_env_wrapper": [
                    {"tuner.export.rl_zoo.ActionBox": {"low": [-1.0], "high": [2.0]}},
                    {"tuner.export.rl_zoo.AliveBonus": {"bonus": 0.02}},
                ]
            },
            {"action_box": {"low": [-1.0], "high": [2.0]}, "alive_bonus": 0.02},
        ),
        ({"callback": ["another"], "n_envs": 2}, None),
    ],
)
def test_forms(values: dict[str, Any], flat: dict[str, Any] | None) -> None:
    assert flatten(values, "'sac.yml'") == (values if flat is None else flat)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"net_arch": "big"}, r"net_arch of 'sac.yml' is 'big', but must be a list of layer sizes"),
        ({"net_arch": {"pi": [8]}}, "one such list for pi and one for qf"),
        ({"policy_kwargs": [1]}, r"policy_kwargs of 'sac.yml' is \[1\], but must be a mapping"),
        ({"policy": "CnnPolicy"}, "policy of 'sac.yml' is 'CnnPolicy', but agents here have vectors"),
    ],
)
def test_what_cannot_be_read(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        flatten(values, "'sac.yml'")
