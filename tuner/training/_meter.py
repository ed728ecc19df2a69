"""The wrapper right around the task: books simulation time and sees what happened before any normalisation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env import VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from tuner.clock import Ledger
from tuner.simulators import TaskEnv
from tuner.training._metric_sums import Metrics


class NonFiniteError(Exception):
    """NaN or infinity where a number should be; says in which quantity."""


class NonFiniteTaskError(NonFiniteError):
    """The task gave the number, although the agent's actions were finite."""


@dataclass
class _Steps:
    """Steps of one sort, and the seconds of training clock that they took."""

    count: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        self.count += 1
        self.seconds += seconds


class Meter(VecEnvWrapper):
    """Books stepping and resetting to the account `simulate`, keeps the last raw step, and refuses NaN and infinity.

    Raises `NonFiniteError` from `step` and `reset` before the number can reach a replay buffer or running statistics.
    """

    def __init__(self, env: TaskEnv, ledger: Ledger) -> None:
        super().__init__(env)
        self._ledger = ledger
        self.booking = True
        """False leaves the open account as it is: evaluation is not training."""
        self.actions: npt.NDArray[np.float32] = np.zeros((env.num_envs, *env.action_space.shape), dtype=np.float32)
        """Actions of the last step in the task's units, shape (num_envs, action_dim); valid until the next step."""
        self.rewards: npt.NDArray[np.float32] = np.zeros(env.num_envs, dtype=np.float32)
        """Raw rewards of the last step, shape (num_envs,); valid until the next step or the agent's own arithmetic."""
        self.dones: npt.NDArray[np.bool_] = np.zeros(env.num_envs, dtype=np.bool_)
        """Whether an episode ended in the last step, shape (num_envs,)."""
        self.terminated: npt.NDArray[np.bool_] = np.zeros(env.num_envs, dtype=np.bool_)
        """Whether it ended by failure and not by time, shape (num_envs,)."""
        self.metrics: Metrics = {}
        """What the task measured in the last step; empty before the first."""
        self._task = env
        self._full_resets_seconds = 0.0
        self._with_ends = _Steps()
        self._without_ends = _Steps()

    @property
    def reset_seconds(self) -> float:
        """Seconds on the training clock that resets took.

        Those of all robots at once are measured. A robot whose episode ends is reset within a step: such steps are
        compared with the mean of those in which no episode ended, as soon as there are some.
        """
        plain, ending = self._without_ends, self._with_ends
        within_steps = ending.seconds - ending.count * plain.seconds / plain.count if plain.count else 0.0
        return self._full_resets_seconds + max(0.0, within_steps)

    def step(self, actions: npt.NDArray[np.float32]) -> VecEnvStepReturn:
        """Step all robots; `actions` has shape (num_envs, action_dim)."""
        self.step_async(actions)
        return self.step_wait()

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        """Check the actions and send them off; where stepping is synchronous, its time is booked in `step_wait`."""
        _check_finite("an action", actions, NonFiniteError)
        self.actions = actions
        self._booked(self.venv.step_async, actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Finish the step, check and keep its numbers, return them unchanged."""
        before = self._ledger.training_seconds
        observations, rewards, dones, infos = self._booked(self.venv.step_wait)
        seconds = self._ledger.training_seconds - before
        _check_finite("an observation", observations)
        _check_finite("a reward", rewards)
        self.rewards, self.dones, self.metrics = rewards, dones, self._task.metrics
        self.terminated = dones
        ended = np.flatnonzero(dones)
        (self._with_ends if ended.size else self._without_ends).add(seconds)
        if ended.size:
            self.terminated = dones.copy()
            for robot in ended:
                _check_finite("a terminal observation", infos[robot]["terminal_observation"])
                self.terminated[robot] = not infos[robot].get("TimeLimit.truncated", False)
        return observations, rewards, dones, infos

    def reset(self) -> VecEnvObs:
        """Reset all robots; return their observations."""
        before = self._ledger.training_seconds
        observations: VecEnvObs = self._booked(self.venv.reset)
        self._full_resets_seconds += self._ledger.training_seconds - before
        _check_finite("an observation", observations)
        return observations

    def _booked(self, call: Any, *arguments: Any) -> Any:
        if not self.booking:
            return call(*arguments)
        with self._ledger.account("simulate"):
            return call(*arguments)


def _check_finite(what: str, values: Any, kind: type[NonFiniteError] = NonFiniteTaskError) -> None:
    # A sum is several times cheaper than isfinite(...).all(), and is finite only if all its terms are. A sum of finite
    # terms can overflow, so the costly test decides.
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.sum(values)
    if not np.isfinite(total) and not np.isfinite(values).all():
        raise kind(what)
