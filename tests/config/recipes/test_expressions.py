"""Expressions of RL Zoo's files are read, and never run."""

from typing import Any

import pytest

from tuner.config.recipes._expressions import read_expression
from tuner.errors import UserError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("dict(net_arch=[400, 300], log_std_init=-3)", {"net_arch": [400, 300], "log_std_init": -3}),
        ("{'norm_obs': True, 'norm_reward': False}", {"norm_obs": True, "norm_reward": False}),
        ("dict(activation_fn=nn.ReLU, net_arch=dict(pi=[8], vf=(8, 4)))", {"activation_fn": "ReLU", "net_arch": {}}),
        ('dict(optimizer_class=__import__("optax").adamw)', {"optimizer_class": "adamw"}),
        (" dict(\n  gamma=1e-3,\n)", {"gamma": 1e-3}),
    ],
)
def test_plain_values(text: str, value: dict[str, Any]) -> None:
    if value.get("net_arch") == {}:
        value = {**value, "net_arch": {"pi": [8], "vf": [8, 4]}}
    assert read_expression(text, "policy_kwargs") == value


@pytest.mark.parametrize("text", ["dict(a=open('x'))", "dict(**other)", "dict([1])", "a b", "[x for x in y]", "{1: 2}"])
def test_anything_else_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(UserError, match=r"policy_kwargs of 'sac\.yml' is .* which cannot be read as plain values"):
        read_expression(text, "policy_kwargs of 'sac.yml'")
