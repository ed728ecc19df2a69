"""What pictures of a task show besides the robot."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Arrow:
    """An arrow, such as a velocity."""

    start: npt.NDArray[np.float64]
    """m in the world, shape (3,)."""
    vector: npt.NDArray[np.float64]
    """m, shape (3,)."""
    colour: tuple[float, float, float, float]
    """Red, green, blue and opacity, each from 0 to 1."""
