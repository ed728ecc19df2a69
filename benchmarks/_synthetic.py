"""A task whose step takes almost no time, so that what is measured is the agent's own time.

It has the sizes of the A1 task (48 observations, 12 actions, 1,000 control steps) and returns observations and rewards
that were drawn once at random, whatever the robots do. Nothing can be learned from it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from tuner.simulators import TaskEnv

OBSERVATIONS = 48
ACTIONS = 12
ACTION_LIMIT = 100.0
STEPS_DRAWN = 16
"""Number of different steps, returned in turns."""


class SyntheticEnv(TaskEnv):
    """Random numbers for `num_envs` robots; episodes end only by time, and their ages are always spread."""

    max_episode_steps = 1000
    control_period_seconds = 0.02

    def __init__(self, num_envs: int, seed: int = 0) -> None:
        action_limits = np.full(ACTIONS, ACTION_LIMIT, dtype=np.float32)
        super().__init__(
            num_envs,
            spaces.Box(-np.inf, np.inf, (OBSERVATIONS,), np.float32),
            spaces.Box(-action_limits, action_limits, dtype=np.float32),
        )
        self._uneventful: list[dict[str, Any]] = [
            {}
        ] * num_envs  # infos of robots whose episode continues are never changed
        self.seed(seed)

    def seed(self, seed: int | None = None) -> list[int | None]:
        random = np.random.default_rng(seed)
        self._observations = random.standard_normal((STEPS_DRAWN, self.num_envs, OBSERVATIONS), dtype=np.float32)
        self._rewards = random.standard_normal((STEPS_DRAWN, self.num_envs), dtype=np.float32)
        self._first_ages = random.integers(0, self.max_episode_steps, self.num_envs)
        self._ages = self._first_ages.copy()
        self._step = 0
        return [seed] * self.num_envs

    def reset(self) -> npt.NDArray[np.float32]:
        self._ages = self._first_ages.copy()
        self._step = 0
        return self._observations[0]

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        """Ignore the actions."""

    def step_wait(self) -> Any:
        self._step += 1
        self._ages += 1
        index = self._step % STEPS_DRAWN
        observations, dones = self._observations[index], self._ages >= self.max_episode_steps
        infos = self._uneventful.copy()
        for robot in np.flatnonzero(dones):
            infos[robot] = {"terminal_observation": observations[robot], "TimeLimit.truncated": True}
        self._ages[dones] = 0
        return observations, self._rewards[index], dones, infos

    def close(self) -> None:
        """Nothing is open."""
