"""Rotations of many robots at once; quaternions are (w, x, y, z), as MuJoCo's."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def rotation_matrix(quaternions: Floats) -> Floats:
    """Return the matrices that turn body vectors into world vectors, shape (n, 3, 3), of unit quaternions (n, 4)."""
    w, x, y, z = quaternions.T
    matrix = np.empty((len(quaternions), 3, 3))
    matrix[:, 0, 0] = 1 - 2 * (y * y + z * z)
    matrix[:, 0, 1] = 2 * (x * y - w * z)
    matrix[:, 0, 2] = 2 * (x * z + w * y)
    matrix[:, 1, 0] = 2 * (x * y + w * z)
    matrix[:, 1, 1] = 1 - 2 * (x * x + z * z)
    matrix[:, 1, 2] = 2 * (y * z - w * x)
    matrix[:, 2, 0] = 2 * (x * z - w * y)
    matrix[:, 2, 1] = 2 * (y * z + w * x)
    matrix[:, 2, 2] = 1 - 2 * (x * x + y * y)
    return matrix


def heading(rotation: Floats) -> Floats:
    """Return the angle about z of each body's x axis in the world, shape (n,), of matrices (n, 3, 3)."""
    return np.asarray(np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0]))


def wrap_angle(angle: npt.NDArray[Any]) -> Floats:
    """Return the same angle in [-π, π)."""
    return (angle + np.pi) % (2 * np.pi) - np.pi
