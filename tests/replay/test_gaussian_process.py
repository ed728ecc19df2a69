import math

import numpy as np
import pytest
from scipy.optimize import check_grad

from tuner.replay._gaussian_process import GaussianProcess


def process(count: int = 60, *, noise: float = 0.0, seed: int = 0) -> GaussianProcess:
    """Return a process that was fitted on a function of the first two of six coordinates."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(size=(count, 6))
    return GaussianProcess(points, function(points) + noise * rng.standard_normal(count))


def function(points):
    return np.sin(3.0 * points[..., 0]) + points[..., 1] ** 2


def test_a_smooth_function_is_learned_in_spite_of_coordinates_that_do_not_matter():
    made = process()
    new = np.random.default_rng(1).uniform(0.1, 0.9, size=(50, 6))
    errors = [made.predict(point) - function(point) for point in new]
    assert np.std(errors) < 0.1 * np.std(function(new))


def test_leaving_one_out_is_a_fit_without_it():
    points = np.random.default_rng(2).uniform(size=(15, 2))
    values = function(points)
    whole = GaussianProcess(points, values)
    others = GaussianProcess(points[1:], values[1:])
    # Of the rest with the length scales, variances and mean of all.
    others._mean, others._scale, others._values = whole._mean, whole._scale, whole._values[1:]
    fit = whole._fit
    logarithms = np.array([*np.log(fit.lengths), math.log(fit.signal), math.log(fit.noise)])
    others._fit = others._solved(logarithms)
    assert whole.leave_one_out()[0] == pytest.approx(others.predict(points[0]))


def test_noise_is_averaged_away():
    made = process(150, noise=0.3)
    at = np.full((1, 6), 0.5)
    assert made.predict(at[0]) == pytest.approx(function(at)[0], abs=0.15)
    assert math.sqrt(made._fit.noise) * made._scale == pytest.approx(0.3, abs=0.1)


def test_far_from_all_points_it_is_their_mean():
    made = process(10)
    assert made.predict(np.full(6, 1e9)) == pytest.approx(made._mean)


def test_the_gradient_is_that_of_the_loss():
    made = process(20, noise=0.1)
    place = np.random.default_rng(3).normal(size=8)
    loss, gradient = made._loss(place)
    error = check_grad(lambda x: made._loss(x)[0], lambda x: made._loss(x)[1], place)
    assert math.isfinite(loss)
    assert error < 1e-4 * np.linalg.norm(gradient)


def test_equal_values_are_predicted_everywhere():
    made = GaussianProcess(np.array([[0.0], [1.0]]), np.array([2.0, 2.0]))
    assert made.predict(np.array([0.4])) == pytest.approx(2.0)
