"""Stable-Baselines3's vectorised Gymnasium environments under the package's rules."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, SupportsFloat

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from tuner.simulators._contract import TaskEnv
from tuner.simulators.gymnasium._metrics import measured


class AgedEpisodes(gym.Wrapper[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]):
    """Lets an episode start at an age, so that its time-out comes that much earlier.

    The environment below keeps its own time limit of `max_episode_steps`; this wrapper only ends aged episodes earlier.
    """

    def __init__(self, env: gym.Env[Any, Any], max_episode_steps: int) -> None:
        super().__init__(env)
        self._max_episode_steps = max_episode_steps
        self._next_age = 0
        self._age = 0

    def start_at_age(self, age: int) -> None:
        """Start the next episode, after the next reset, as if `age` of its steps had passed."""
        self._next_age = age

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[npt.NDArray[Any], dict[str, Any]]:
        """Start an episode, at the age that was set for it."""
        self._age, self._next_age = self._next_age, 0
        return self.env.reset(seed=seed, options=options)

    def step(self, action: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], SupportsFloat, bool, bool, dict[str, Any]]:
        """Step, and truncate an episode that has reached its limit."""
        observation, reward, terminated, truncated, info = self.env.step(action)
        self._age += 1
        return observation, reward, terminated, truncated or self._age >= self._max_episode_steps, info

    def close(self) -> None:
        """End the robot. If its own `close` fails, what it did before counts all the same."""
        with suppress(Exception):
            self.env.close()


class GymnasiumEnv(VecEnvWrapper, TaskEnv):
    """A `DummyVecEnv` or `RobotProcesses` of `AgedEpisodes`, with float32 arrays and seeds that do not overlap."""

    observation_space: spaces.Box
    action_space: spaces.Box

    def __init__(
        self,
        venv: VecEnv,
        *,
        max_episode_steps: int,
        control_period_seconds: float,
        flattened: Mapping[str, str],
        metrics: Sequence[str] = (),
    ) -> None:
        """Take over a vectorised environment, which `close` closes.

        Args:
            venv: environments with one-dimensional Box observations and actions.
            max_episode_steps: their time limit.
            control_period_seconds: simulated seconds per step, NaN where unknown.
            flattened: spaces that were made flat, as they were, by `observations` and `actions`.
            metrics: keys of the robots' infos that are kept as `metrics`.
        """
        self._action_dtype = venv.action_space.dtype
        self._closed = False
        self._ages = np.random.default_rng()
        super().__init__(venv, _as_float32(venv.observation_space), _as_float32(venv.action_space))
        self.max_episode_steps = max_episode_steps
        self.control_period_seconds = control_period_seconds
        self.flattened = flattened
        self._metric_names = tuple(metrics)
        self.metrics = measured(self._metric_names, [{} for _ in range(venv.num_envs)])

    def seed(self, seed: int | None = None) -> Sequence[int | None]:
        """Seed the robots, from the next reset on, and the initial ages.

        `VecEnv.seed` gives robot i the seed `seed + i`, so that neighbouring seeds share all robots but one; scattering
        the seed first avoids that.
        """
        scattered, ages = np.random.SeedSequence(seed).spawn(2)
        self._ages = np.random.default_rng(ages)
        return self.venv.seed(int(scattered.generate_state(1)[0]))

    def reset(self) -> npt.NDArray[np.float32]:
        """Reset all robots; return observations of shape (num_envs, observation_dim)."""
        if self.spread_ages:
            for robot, age in enumerate(self._ages.integers(0, self.max_episode_steps, self.num_envs)):
                self.venv.env_method("start_at_age", int(age), indices=robot)
        return np.array(self.venv.reset(), dtype=np.float32)

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        """Start a step with a copy of the actions, shape (num_envs, action_dim)."""
        self.venv.step_async(np.array(actions, dtype=self._action_dtype))

    def step_wait(self) -> Any:
        """Finish the step; return observations, rewards, dones and one info for each robot.

        Raises:
            UserError: if a metric is not a number.
        """
        observations, rewards, dones, infos = self.venv.step_wait()
        self.metrics = measured(self._metric_names, infos)
        for info in infos:
            if "terminal_observation" in info:
                info["terminal_observation"] = np.array(info["terminal_observation"], dtype=np.float32)
        return np.array(observations, np.float32), np.array(rewards, np.float32), np.array(dones, bool), list(infos)

    def close(self) -> None:
        """End all robots; further calls do nothing."""
        if not self._closed:
            self._closed = True
            self.venv.close()


def _as_float32(space: Any) -> spaces.Box:
    with np.errstate(over="ignore"):  # bounds as large as float64's become infinite
        return spaces.Box(space.low.astype(np.float32), space.high.astype(np.float32), dtype=np.float32)
