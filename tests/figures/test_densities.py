"""The closed forms, against values worked out by hand."""

import math

import numpy as np
import pytest

from tuner.actions import squashed_outside
from tuner.errors import UserError
from tuner.figures._densities import (
    check_box,
    check_std,
    gaussian_density,
    squashed_density,
)


def test_the_gaussian_density():
    # φ(0) = 1/√(2π) = 0.398942; φ(1) = φ(0)·e^(−1/2) = 0.241971; twice the σ, half the height
    assert gaussian_density(np.array([0.0, 1.0]), 1.0) == pytest.approx([0.398942, 0.241971], abs=1e-6)
    assert gaussian_density(np.array([0.0, 2.0]), 2.0) == pytest.approx([0.199471, 0.120985], abs=1e-6)


def test_the_squashed_density():
    # y = 0.5: atanh = ln(3)/2 = 0.549306, φ = 0.398942·e^(−0.150869) = 0.343075, over 1 − 0.25 = 0.457433
    # y = 0: φ(0); y = 1 and beyond: nothing
    density = squashed_density(np.array([0.0, 0.5, -0.5, 1.0, -1.5]), 1.0)
    assert density == pytest.approx([0.398942, 0.457433, 0.457433, 0.0, 0.0], abs=1e-6)


@pytest.mark.parametrize("std", [0.1, 1.0, 2.0])
def test_the_squashed_density_holds_all_actions(std):
    # ∫ p(y) dy from tanh(−0.6) to tanh(0.9) is what the Gaussian has between −0.6 and 0.9
    y = np.linspace(math.tanh(-0.6), math.tanh(0.9), 20001)
    area = np.trapezoid(squashed_density(y, std), y)
    between = 0.5 * (math.erf(0.9 / std / math.sqrt(2)) + math.erf(0.6 / std / math.sqrt(2)))
    assert area == pytest.approx(between, rel=1e-6)
    assert area == pytest.approx(1 - squashed_outside(-1, 1, math.tanh(-0.6), math.tanh(0.9), std), rel=1e-6)


@pytest.mark.parametrize("std", [0.0, -1.0, math.nan, math.inf])
def test_a_sigma_that_is_none(std):
    with pytest.raises(UserError, match="must be a number above 0"):
        check_std(std)


@pytest.mark.parametrize(
    ("box", "message"),
    [((-math.inf, 1.0), "has no end"), ((0.0, math.nan), "has no end"), ((1.0, 1.0), "below"), ((2.0, -2.0), "below")],
)
def test_a_box_without_an_inside(box, message):
    with pytest.raises(UserError, match=message):
        check_box(*box)
