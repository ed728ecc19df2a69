"""Regression by a Gaussian process, for a few hundred points."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

Numbers = npt.NDArray[np.float64]

_LENGTH_STD = math.sqrt(3.0)
_NOISE_MEAN, _NOISE_STD = -4.0, 1.0
_JITTER = 1e-8
_BOUND = 12.0


class GaussianProcess:
    """Regression with a Matérn-5/2 kernel that has a length scale of its own for each coordinate.

    The logarithms of the length scales, of the signal's variance and of the noise's are those of the highest posterior
    density. The length scales' prior grows with the square root of the dimension, so that two dozen coordinates do not
    overfit a hundred points: Hvarfner et al., Vanilla Bayesian Optimization Performs Great in High Dimensions (2024).
    See Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), sections 5.4.1 for the gradient and
    5.4.2 for leaving one out.

    Args:
        points: shape (points, coordinates), scaled to about [0, 1].
        values: shape (points,).
    """

    def __init__(self, points: Numbers, values: Numbers) -> None:
        self._points = points
        self._mean = float(values.mean())
        self._scale = float(values.std()) or 1.0
        self._values = (values - self._mean) / self._scale
        self._squares = (points[:, None, :] - points[None, :, :]) ** 2
        dimension = points.shape[1]
        self._length_mean = math.sqrt(2.0) + 0.5 * math.log(max(1, dimension))
        # From long lengths alone the search may end with all of it taken for noise.
        found = [self._minimized(length, dimension) for length in (0.0, self._length_mean)]
        self._fit = self._solved(min(found, key=lambda each: each[0])[1])

    def predict(self, point: Numbers) -> float:
        """Return the mean at a point of shape (coordinates,)."""
        squares = ((self._points - point) ** 2 / self._fit.lengths**2).sum(axis=1)
        return self._mean + self._scale * float(self._fit.signal * _matern(np.sqrt(squares)) @ self._fit.weights)

    def leave_one_out(self) -> Numbers:
        """Return what each value would be predicted to be from the others, shape (points,).

        The length scales and variances are those of all points.
        """
        left_out = self._values - self._fit.weights / np.diag(self._fit.inverse)
        return self._mean + self._scale * left_out

    def _minimized(self, length: float, dimension: int) -> tuple[float, Numbers]:
        """Return the least loss that is found from one length scale for all coordinates, and where it is."""
        start = np.array([length] * dimension + [0.0, _NOISE_MEAN])
        bounds = [(-_BOUND, _BOUND)] * len(start)
        found = minimize(self._loss, start, jac=True, method="L-BFGS-B", bounds=bounds)
        return float(found.fun), found.x

    def _solved(self, logarithms: Numbers) -> "_Fit":
        lengths, signal, noise = np.exp(logarithms[:-2]), math.exp(logarithms[-2]), math.exp(logarithms[-1])
        distances = np.sqrt((self._squares / lengths**2).sum(axis=2))
        covariance = signal * _matern(distances) + (noise + _JITTER) * np.eye(len(self._points))
        factor = cho_factor(covariance, lower=True)
        return _Fit(
            lengths,
            signal,
            noise,
            distances,
            weights=cho_solve(factor, self._values),
            inverse=cho_solve(factor, np.eye(len(self._points))),
            half_log_determinant=float(np.log(np.diag(factor[0])).sum()),
        )

    def _loss(self, logarithms: Numbers) -> tuple[float, Numbers]:
        """Return minus the logarithm of the posterior density, up to a constant, and its gradient."""
        fit = self._solved(logarithms)
        # d loss / d covariance, as in equation 5.9 of Rasmussen and Williams.
        slope = 0.5 * (fit.inverse - np.outer(fit.weights, fit.weights))
        falling = (5.0 / 3.0) * (1.0 + math.sqrt(5.0) * fit.distances) * np.exp(-math.sqrt(5.0) * fit.distances)
        by_length = np.einsum("ij,ijk->k", slope * fit.signal * falling, self._squares) / fit.lengths**2
        by_signal = float((slope * fit.signal * _matern(fit.distances)).sum())
        by_noise = fit.noise * float(np.trace(slope))
        centres = np.array([self._length_mean] * len(fit.lengths) + [0.0, _NOISE_MEAN])
        widths = np.array([_LENGTH_STD] * len(fit.lengths) + [1.0, _NOISE_STD])
        away = (logarithms - centres) / widths
        loss = 0.5 * float(self._values @ fit.weights) + fit.half_log_determinant + 0.5 * float(away @ away)
        return loss, np.array([*by_length, by_signal, by_noise]) + away / widths


@dataclass(frozen=True)
class _Fit:
    """The process with given length scales and variances."""

    lengths: Numbers
    signal: float
    noise: float
    distances: Numbers
    weights: Numbers
    inverse: Numbers
    half_log_determinant: float


def _matern(distances: Numbers) -> Numbers:
    scaled = math.sqrt(5.0) * distances
    correlations: Numbers = (1.0 + scaled + scaled**2 / 3.0) * np.exp(-scaled)
    return correlations
