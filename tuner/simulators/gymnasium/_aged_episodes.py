"""Episodes that start as if some of their time had passed."""

from typing import Any, SupportsFloat

import gymnasium as gym
import numpy.typing as npt


class AgedEpisodes(gym.Wrapper[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]):
    """Lets the next episode begin at an age, so that its time-out comes that much earlier.

    The environment below keeps its own time limit of `max_episode_steps`; this one only ends aged episodes before it.
    """

    def __init__(self, env: gym.Env[Any, Any], max_episode_steps: int) -> None:
        super().__init__(env)
        self._max_episode_steps = max_episode_steps
        self._next_age = 0
        self._age = 0

    def start_at_age(self, age: int) -> None:
        """Let the episode that the next reset starts begin with `age` of its steps gone."""
        self._next_age = age

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Start an episode; the age asked for is used up."""
        self._age, self._next_age = self._next_age, 0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], SupportsFloat, bool, bool, dict[str, Any]]:
        """Step, and truncate an episode that has reached its limit."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._age += 1
        return observation, reward, terminated, truncated or self._age >= self._max_episode_steps, info
