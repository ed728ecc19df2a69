"""What films a robot."""

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import numpy.typing as npt


class Camera(ABC):
    """Takes pictures of one robot of a task, headless. Close it, or use it in a `with` block."""

    @abstractmethod
    def picture(self) -> npt.NDArray[np.uint8]:
        """Return the robot as it is now, shape (height, width, 3); a new array every time."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what rendering takes; closing twice is harmless."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
