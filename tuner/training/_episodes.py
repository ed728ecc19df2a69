"""How old every robot's episode is, and what the last finished episodes earned."""

from collections import deque

import numpy as np
import numpy.typing as npt

FINISHED = 100
"""Finished episodes that the plain mean looks back on, as Stable-Baselines3's own does."""


class Episodes:
    """Counts each robot's own steps since its reset.

    The age is not the simulator's: with `spread_ages` the simulator gives an age to a robot that has just been placed,
    so that its time-out comes early. Such an episode is simply cut off earlier than others.
    """

    def __init__(self, num_envs: int, probes: npt.NDArray[np.intp]) -> None:
        self.ages = np.zeros(num_envs, dtype=np.int32)
        """Steps taken in the episode so far, shape (num_envs,); replaced, never written to, at every step."""
        self._returns = np.zeros(num_envs, dtype=np.float64)
        self._exploring = np.ones(num_envs, dtype=np.bool_)
        self._exploring[probes] = False
        self._finished: deque[float] = deque(maxlen=FINISHED)

    def step(self, rewards: npt.NDArray[np.float32], dones: npt.NDArray[np.bool_]) -> None:
        """Take in one step of all robots, arrays of shape (num_envs,)."""
        self._returns += rewards
        self.ages = self.ages + np.int32(1)
        if dones.any():
            self._finished.extend(self._returns[dones & self._exploring].tolist())
            self._returns[dones] = 0.0
            self.ages[dones] = 0

    def restart(self) -> None:
        """End all episodes without counting them, because the robots were reset from outside."""
        self.ages = np.zeros_like(self.ages)
        self._returns[:] = 0.0

    @property
    def finished_mean(self) -> float | None:
        """Plain mean return of the exploring robots' last finished episodes; None before the first."""
        return sum(self._finished) / len(self._finished) if self._finished else None
