"""Shares of Gaussians in boxes, worked out with a table of the normal distribution."""

import math

import numpy as np
import pytest

from tuner.actions.audit._probability_mass import (
    MEDIAN_DEVIATE,
    gaussian_outside,
    normal_below,
    squashed_median_distance,
    squashed_outside,
)

TWO_SIGMA_TAIL = 0.0227501319
"""1 - Φ(2), from a table; Φ(1) = 0.8413447461, Φ(3) = 0.9986501020."""


@pytest.mark.parametrize(
    ("value", "share"), [(0.0, 0.5), (1.0, 0.8413447461), (-2.0, TWO_SIGMA_TAIL), (math.inf, 1.0), (-math.inf, 0.0)]
)
def test_the_normal_distribution(value, share):
    assert normal_below(value) == pytest.approx(share, abs=1e-10)


def test_a_gaussian_outside_an_interval():
    assert gaussian_outside(-3.0, 3.0) == pytest.approx(2 * (1 - 0.9986501020), abs=1e-9)  # 0.27 %
    assert gaussian_outside(-2.0, 1.0) == pytest.approx(TWO_SIGMA_TAIL + 1 - 0.8413447461, abs=1e-9)
    assert gaussian_outside(-math.inf, 1.0) == pytest.approx(1 - 0.8413447461, abs=1e-9)


def test_far_tails_keep_their_digits():
    # 1 - Φ(8) = 6.22e-16, which 1 - 0.9999999999999994 would not tell
    assert gaussian_outside(-math.inf, 8.0) == pytest.approx(6.2209605743e-16, rel=1e-9)


def test_a_squashed_gaussian_in_a_box_far_too_wide():
    # ±100: |100 tanh z| > 3 where |z| > atanh(0.03) = 0.030009; Φ(0.030009) = 0.51197, so 2·(1 - 0.51197) = 0.97606
    assert squashed_outside(-100.0, 100.0, -3.0, 3.0) == pytest.approx(0.97606, abs=1e-5)
    # ±5: atanh(0.6) = ln(4)/2 = ln 2 = 0.693147; Φ = 0.75590, so 0.48821
    assert squashed_outside(-5.0, 5.0, -3.0, 3.0) == pytest.approx(0.48821, abs=1e-5)


def test_a_squashed_gaussian_cannot_leave_its_box():
    assert squashed_outside(-3.0, 3.0, -3.0, 3.0) == 0.0
    assert squashed_outside(-1.0, 2.0, -3.0, 3.0) == 0.0


def test_a_squashed_gaussian_about_another_centre():
    # The box 0 … 80 has centre 40 and half-width 40. Below -3 nothing; above 3 all but Φ(atanh(-37/40)):
    # atanh(0.925) = ln(1.925/0.075)/2 = 1.62260; Φ(-1.62260) = 0.05234
    assert squashed_outside(0.0, 80.0, -3.0, 3.0) == pytest.approx(1 - 0.05234, abs=1e-5)


def test_one_sided_regions():
    # half of it is above the centre; tanh(z) > tanh(1) in a share of 1 - Φ(1)
    assert squashed_outside(-2.0, 2.0, -9.0, 0.0) == 0.5
    assert squashed_outside(-2.0, 2.0, -9.0, 2 * math.tanh(1.0)) == pytest.approx(1 - 0.8413447461, abs=1e-9)


def test_the_median_distance():
    assert normal_below(MEDIAN_DEVIATE) == pytest.approx(0.75, abs=1e-15)
    # tanh(0.67449) = (e^1.34898 - 1) / (e^1.34898 + 1) = 2.85349 / 4.85349 = 0.58793
    assert squashed_median_distance(-100.0, 100.0) == pytest.approx(58.793, abs=1e-3)
    assert squashed_median_distance(1.0, 5.0) == pytest.approx(2 * 0.58793, abs=1e-4)


def test_other_deviations():
    # ±2 is two σ of 1, one of 2: 1 - Φ(1) = 0.1586552539 on each side
    assert gaussian_outside(-2.0, 2.0, 2.0) == pytest.approx(2 * 0.1586552539, abs=1e-9)
    # a box ±1: beyond ±tanh(1) is beyond ±1 before squashing, which is two σ of 0.5
    assert squashed_outside(-1.0, 1.0, -math.tanh(1.0), math.tanh(1.0), 0.5) == pytest.approx(2 * TWO_SIGMA_TAIL)
    assert squashed_outside(-1.0, 1.0, 0.0, 1.0, 0.3) == 0.5


def test_samples_agree():
    drawn = np.random.default_rng(0).normal(size=200_000)
    actions = 2.0 + 6.0 * np.tanh(drawn)  # the box -4 … 8
    outside = np.mean((actions < -3.0) | (actions > 5.0))
    # the standard error of a share near one half is sqrt(0.25 / 200000) = 0.0011
    assert squashed_outside(-4.0, 8.0, -3.0, 5.0) == pytest.approx(outside, abs=0.005)
    assert np.median(np.abs(actions - 2.0)) == pytest.approx(squashed_median_distance(-4.0, 8.0), abs=0.03)
