"""What is known of SBX's arguments without importing SBX."""

import inspect
from typing import Any

import pytest

from tuner.agents.stock import STOCK_CLASSES
from tuner.agents.stock._arguments import _OWNED
from tuner.config import SBX_DEFAULTS, checked_argument
from tuner.errors import UserError


@pytest.mark.parametrize("algorithm", sorted(STOCK_CLASSES))
def test_defaults_are_those_of_the_installed_sbx(algorithm: Any) -> None:
    parameters = inspect.signature(STOCK_CLASSES[algorithm].__init__).parameters
    settable = {name: parameters[name].default for name in parameters if name not in {"self", *_OWNED}}
    assert dict(SBX_DEFAULTS[algorithm]) == settable


@pytest.mark.parametrize("algorithm", sorted(STOCK_CLASSES))
def test_defaults_are_allowed_values(algorithm: Any) -> None:
    for name, value in SBX_DEFAULTS[algorithm].items():
        assert checked_argument(algorithm, name, value) == value


def test_one_argument_is_checked_alone() -> None:
    assert checked_argument("sac", "train_freq", [4, "step"]) == 4
    assert checked_argument("sac", "gamma", 1) == 1.0
    with pytest.raises(UserError, match=r"'gamma' is 1\.5 but must be a number above 0 and at most 1"):
        checked_argument("sac", "gamma", 1.5)
