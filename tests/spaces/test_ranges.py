"""Values that parameters can have, and their ranges in words."""

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tuner.spaces import allows, described


@pytest.mark.parametrize(
    ("among", "value", "allowed"),
    [
        (FloatDistribution(0.1, 1.0), 1, True),
        (FloatDistribution(0.1, 1.0), 1.1, False),
        (FloatDistribution(0.1, 1.0), "1", False),
        (IntDistribution(0, 8, step=2), 3, False),
        (IntDistribution(0, 8), True, False),
        (CategoricalDistribution([1, 2]), True, False),
        (CategoricalDistribution(["a"]), "a", True),
    ],
)
def test_allowed_values(among, value, allowed):
    assert allows(among, value) is allowed


def test_ranges_in_words():
    assert described(IntDistribution(64, 512, step=64)) == "64 to 512 in steps of 64"
    assert described(CategoricalDistribution(["a", "b"])) == "one of 'a', 'b'"
