"""Simulators of this package, or of a user's file, behind the server; they need this package in their interpreter."""

import sys
from dataclasses import asdict
from typing import Any

import numpy as np

from .layout import Buffer
from .task import Backend, Facts, RefusedError, ServedTask


def create(simulator: str) -> Backend:
    """Return the backend of a simulator, by its name as in study files."""
    return TunerBackend(simulator)


class TunerBackend(Backend):
    """Opens tasks as `tuner.simulators.open_task` does.

    Args:
        simulator: its name, or `path/to/file.py:ClassName`.

    Raises:
        RefusedError: if there is no such simulator.
    """

    def __init__(self, simulator: str) -> None:
        try:
            from tuner.errors import UserError
            from tuner.simulators import get_simulator
        except ModuleNotFoundError as error:
            raise RefusedError(
                f"The simulator '{simulator}' is one of sac-tuner's, which the interpreter {sys.executable} does not "
                f"have ({error}). Install it there, or leave task.python out."
            ) from error
        try:
            self._simulator = get_simulator(simulator)
        except UserError as error:
            raise RefusedError(str(error)) from error
        self.reopens = self._simulator.reopens

    def tasks(self) -> list[str]:
        """Return the ids of the simulator's tasks."""
        return self._simulator.tasks()

    def open(self, task: dict[str, Any], *, seed: int, threads: int) -> ServedTask:
        """Open a task."""
        from tuner.config import TaskConfig
        from tuner.errors import UserError
        from tuner.simulators import open_task

        try:
            # This is the interpreter that the task names; naming it again would start a server in the server.
            return VecEnvTask(open_task(TaskConfig(**{**task, "python": None}), seed=seed, threads=threads))
        except UserError as error:
            raise RefusedError(str(error)) from error


class VecEnvTask(ServedTask):
    """A `TaskEnv` behind the server.

    Args:
        env: the opened environment.
    """

    def __init__(self, env: Any) -> None:
        self._env = env
        period = float(env.control_period_seconds)
        self.facts = Facts(
            observation_dim=env.observation_space.shape[0],
            action_low=_finite(env.action_space.low),
            action_high=_finite(env.action_space.high),
            max_episode_steps=env.max_episode_steps,
            control_period_seconds=period if np.isfinite(period) else None,
            restarts=env.restarts,
            joints=None if env.joint_targets is None else asdict(env.joint_targets),
            flattened=dict(env.flattened),
            metrics=tuple(env.metrics),
        )

    def seed(self, seed: int) -> None:
        """Seed everything."""
        self._env.seed(seed)

    def reset(self, buffer: Buffer, *, spread_ages: bool) -> None:
        """Start a new episode for every robot."""
        self._env.spread_ages = spread_ages
        buffer.observations[:] = self._env.reset()

    def step(self, buffer: Buffer) -> None:
        """Step all robots."""
        observations, rewards, dones, infos = self._env.step(buffer.actions.copy())
        buffer.observations[:], buffer.rewards[:] = observations, rewards
        buffer.terminated[:] = dones
        buffer.truncated[:] = False
        for robot in np.flatnonzero(dones):
            if infos[robot].get("TimeLimit.truncated", False):
                buffer.terminated[robot], buffer.truncated[robot] = False, True
            buffer.final_observations[robot] = infos[robot]["terminal_observation"]
        for row, name in enumerate(self.facts.metrics):
            buffer.metrics[row] = self._env.metrics[name]

    def close(self) -> None:
        """Close the environment."""
        self._env.close()


def _finite(bounds: Any) -> list[float | None]:
    return [float(bound) if np.isfinite(bound) else None for bound in bounds]
