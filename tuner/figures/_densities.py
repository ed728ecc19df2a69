"""Densities of a Gaussian and of a squashed Gaussian, in closed form.

A squashed Gaussian is y = tanh(u) with u Gaussian. By the change of variables its density is
p(y) = φ(atanh y) / (1 − y²), as du/dy = 1 / (1 − y²). See appendix C of https://arxiv.org/abs/1801.01290.
`tuner.actions` has their probability masses.
"""

import math

import numpy as np
import numpy.typing as npt

from tuner.errors import UserError

Floats = npt.NDArray[np.float64]


def gaussian_density(value: Floats, std: float) -> Floats:
    """Return the density of a Gaussian of mean 0 at each value."""
    scaled = value / std
    density: Floats = np.exp(-0.5 * scaled**2) / (std * math.sqrt(2 * math.pi))
    return density


def squashed_density(value: Floats, std: float) -> Floats:
    """Return the density of tanh(u), u a Gaussian of mean 0, at each value; 0 from ±1 on."""
    density = np.zeros_like(value)
    inside = np.abs(value) < 1
    y = value[inside]
    density[inside] = gaussian_density(np.arctanh(y), std) / (1 - y**2)
    return density


def check_std(std: float) -> None:
    """Refuse an invalid standard deviation.

    Raises:
        UserError: if it is not a number above zero.
    """
    if not (math.isfinite(std) and std > 0):
        raise UserError(f"The standard deviation is {std:g}, but it must be a number above 0.")


def check_box(low: float, high: float) -> None:
    """Refuse a box that is empty or infinite.

    Raises:
        UserError: if a bound is not finite, or low is not below high.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UserError(
            f"The action box is {low:g} to {high:g}, which has no end, so nothing can be drawn inside it. Give finite "
            "bounds, such as --box -1 1."
        )
    if low >= high:
        raise UserError(f"The action box is {low:g} to {high:g}, but its lower bound must be below its upper bound.")
