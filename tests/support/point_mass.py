"""A real, tiny simulator for tests: a mass on a line, pushed towards the origin, for many robots at once in NumPy.

One control step lasts 0.1 s (`PERIOD`): v ← v + a·0.1, then x ← x + v·0.1, from x ∈ U(−1, 1), v = 0. The reward is
(1 − x²)·0.1, so 100 steps (10 s) at the origin earn 10; doing nothing earns 10·(1 − x₀²), 6.67 on average. The
episode fails where |x| > 2. A controller a = −2x − 2.5v earns more than 9. Its metric is `speed`, |v| in m/s.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from tuner.config import TaskConfig
from tuner.errors import UserError, unknown_name
from tuner.simulators import Simulator, TaskEnv

TASK = "PointMass"
PERIOD = 0.1
FAILURE_DISTANCE = 2.0
OPTIONS = ("max_episode_steps", "action_limit")


@dataclass(frozen=True)
class State:
    """Everything that decides the future."""

    position: npt.NDArray[np.float64]
    velocity: npt.NDArray[np.float64]
    age: npt.NDArray[np.intp]
    random: dict[str, Any]


class PointMassEnv(TaskEnv):
    """The point mass, `num_envs` times; actions are accelerations within ± `action_limit` m/s²."""

    def __init__(self, num_envs: int, *, max_episode_steps: int = 100, action_limit: float = 1.0) -> None:
        self.max_episode_steps = max_episode_steps
        self.control_period_seconds = PERIOD
        self._limit = action_limit
        self._actions = np.zeros((num_envs, 1))
        self._position = np.zeros(num_envs)
        self._velocity = np.zeros(num_envs)
        self._age = np.zeros(num_envs, dtype=np.intp)
        self.metrics = {"speed": np.full(num_envs, np.nan)}
        super().__init__(
            num_envs,
            spaces.Box(-np.inf, np.inf, (2,), np.float32),
            spaces.Box(-action_limit, action_limit, (1,), np.float32),
        )
        self.seed(0)

    def seed(self, seed: int | None = None) -> list[int | None]:
        self._random, self._ages = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
        return [seed] * self.num_envs

    def reset(self) -> npt.NDArray[np.float32]:
        self._start(np.arange(self.num_envs))
        if self.spread_ages:
            self._age[:] = self._ages.integers(0, self.max_episode_steps, self.num_envs)
        return self._observe()

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        self._actions = np.array(actions, dtype=np.float64)

    def step_wait(self) -> Any:
        self._velocity += PERIOD * np.clip(self._actions[:, 0], -self._limit, self._limit)
        self._position += PERIOD * self._velocity
        self._age += 1
        self.metrics = {"speed": np.abs(self._velocity)}
        rewards = (PERIOD * (1.0 - self._position**2)).astype(np.float32)
        failed = np.abs(self._position) > FAILURE_DISTANCE
        dones = failed | (self._age >= self.max_episode_steps)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        ended = np.flatnonzero(dones)
        if ended.size:
            last = self._observe()
            for robot in ended:
                infos[robot]["terminal_observation"] = last[robot].copy()
                infos[robot]["TimeLimit.truncated"] = not failed[robot]
            self._start(ended)
        return self._observe(), rewards, dones, infos

    def close(self) -> None:
        pass

    def get_state(self) -> State:
        return State(
            self._position.copy(), self._velocity.copy(), self._age.copy(), dict(self._random.bit_generator.state)
        )

    def set_state(self, state: State) -> npt.NDArray[np.float32]:
        self._position, self._velocity, self._age = state.position.copy(), state.velocity.copy(), state.age.copy()
        self._random.bit_generator.state = state.random
        return self._observe()

    def _start(self, robots: npt.NDArray[np.intp]) -> None:
        self._position[robots] = self._random.uniform(-1.0, 1.0, robots.size)
        self._velocity[robots] = 0.0
        self._age[robots] = 0

    def _observe(self) -> npt.NDArray[np.float32]:
        return np.stack([self._position, self._velocity], axis=1).astype(np.float32)


class PointMassSimulator(Simulator):
    """Opens `PointMass`; options `max_episode_steps` (100) and `action_limit` (1.0)."""

    name = "point_mass"

    def tasks(self) -> list[str]:
        return [TASK]

    def open(self, task: TaskConfig, *, seed: int, threads: int) -> PointMassEnv:
        if task.id != TASK:
            raise unknown_name("task", task.id, [TASK])
        for option in task.options:
            if option not in OPTIONS:
                raise unknown_name("option", option, OPTIONS)
        steps, limit = task.options.get("max_episode_steps", 100), task.options.get("action_limit", 1.0)
        if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
            raise UserError(f"max_episode_steps is {steps!r}; give a whole number of at least one.")
        if not isinstance(limit, int | float) or limit <= 0:
            raise UserError(f"action_limit is {limit!r}; give a number above zero.")
        env = PointMassEnv(task.num_envs, max_episode_steps=steps, action_limit=float(limit))
        env.seed(seed)
        return env
