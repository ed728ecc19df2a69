"""Torch environments that step all robots at once and return five tensors: Isaac Lab's, and those made like them.

The unwrapped environment is stepped directly. Each way there is one copy, from the device straight
into the shared memory, and no Python code runs for single robots.

Metrics are what an environment writes into `extras["log"]` when it resets robots, means over these robots such as
`Episode_Reward/track_lin_vel_xy_exp`. Every robot whose episode has just ended gets the mean, all others get NaN.
"""

import math
import sys
from abc import abstractmethod
from contextlib import suppress
from typing import Any

import numpy as np
import torch

from .layout import Buffer
from .task import Facts, RefusedError, ServedTask, chosen_device


class TorchTask(ServedTask):
    """A task whose environment has `num_envs`, `max_episode_length` and the writable `episode_length_buf`.

    Args:
        env: the environment, unwrapped.
        group: the observation group that the agent gets.
        seed: seeds the first reset.
    """

    def __init__(self, env: Any, group: str, seed: int) -> None:
        self._env = env
        self._group = group
        self._device = torch.device(env.device)
        self._seed: int | None = None
        self._pinned: PinnedMemory | None = None
        self._ages = np.random.default_rng(seed)
        # The first reset of an engine leaves other states than every later one, and the first step may compile.
        self.start_over(seed)
        self.metrics = tuple(sorted(_logged(getattr(env, "extras", {}))))
        """Names of the means that the environment logs when it resets robots."""
        self._env.step(torch.zeros((env.num_envs, *env.single_action_space.shape), device=self._device))
        self.seed(seed)

    @abstractmethod
    def start_over(self, seed: int | None) -> Any:
        """Reset all robots, seeded if a seed is given; return the observations by group."""

    @abstractmethod
    def finals(self, extras: dict[str, Any], observations: Any, ended: Any) -> "tuple[Any, Any]":
        """Return the true last observations of the episodes that ended, and the observations after the reset.

        Args:
            extras: the fifth value that the environment's step returned.
            observations: the first one, by group.
            ended: which robots' episodes ended, shape (robots,); at least one.

        Returns:
            Two tensors of shape (robots, observation_dim); of the first, only the rows of `ended` count.
        """

    def seed(self, seed: int) -> None:
        """Seed the next reset, and the initial ages, which have a random stream of their own."""
        self._seed = seed
        self._ages = np.random.default_rng([seed, 1])

    def reset(self, buffer: Buffer, *, spread_ages: bool) -> None:
        """Start a new episode for every robot."""
        seed, self._seed = self._seed, None
        observations = self.start_over(seed)
        if spread_ages:
            ages = self._ages.integers(0, self._env.max_episode_length, self._env.num_envs)
            self._env.episode_length_buf[:] = torch.as_tensor(ages).to(self._env.episode_length_buf)
        self._write(buffer.observations, observations[self._group])
        self._finish()

    def step(self, buffer: Buffer) -> None:
        """Step all robots."""
        # A copy even on the CPU: the environment may keep the tensor, and the memory is written to again.
        actions = torch.from_numpy(buffer.actions).to(self._device, copy=True, non_blocking=True)
        observations, rewards, terminated, truncated, extras = self._env.step(actions)
        ended = terminated | truncated
        current = observations[self._group]
        buffer.metrics[:] = np.nan
        if bool(ended.any()):
            last, current = self.finals(extras, observations, ended)
            self._write(buffer.final_observations, last)
            if self.metrics:
                buffer.metrics[:, ended.cpu().numpy()] = self._means()[:, None]
        self._write(buffer.observations, current)
        self._write(buffer.rewards, rewards)
        self._write(buffer.terminated, terminated)
        self._write(buffer.truncated, truncated & ~terminated)
        self._finish()

    def attach(self, memory: Any) -> None:
        """Pin the memory for a GPU, which otherwise copies through a buffer of the driver's and waits for it."""
        if self._device.type == "cuda":
            self._pinned = PinnedMemory(memory, torch.cuda.cudart())  # type: ignore[no-untyped-call]
            if not self._pinned.registered:
                with suppress(RuntimeError):  # CUDA reports the refusal once more, at the next launch of a kernel
                    torch.zeros(1, device=self._device)

    def detach(self) -> None:
        """Unpin the memory."""
        if self._pinned is not None:
            self._pinned.release()
            self._pinned = None

    def close(self) -> None:
        """Close the environment."""
        self._env.close()

    def _means(self) -> Any:
        """Return what was logged with the last reset, by the order of `metrics`, in one copy from the device."""
        logged = _logged(getattr(self._env, "extras", {}))
        values = [logged.get(name, math.nan) for name in self.metrics]
        tensors = [torch.as_tensor(value, dtype=torch.float32, device=self._device).reshape(()) for value in values]
        return torch.stack(tensors).cpu().numpy()

    def _write(self, target: Any, values: Any) -> None:
        torch.from_numpy(target).copy_(values, non_blocking=True)

    def _finish(self) -> None:
        """Wait until everything that was written has arrived: the other side knows nothing of CUDA streams."""
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def _logged(extras: dict[str, Any]) -> dict[str, Any]:
    """Return the single numbers that an environment has logged, by name."""
    return {
        str(name): value
        for name, value in (extras.get("log") or {}).items()
        if (isinstance(value, torch.Tensor) and value.numel() == 1) or isinstance(value, int | float)
    }


class PinnedMemory:
    """Memory that a GPU reads and writes directly while this lives; if CUDA refuses, copies are only slower.

    Args:
        memory: a writable buffer.
        cudart: the CUDA runtime, as `torch.cuda.cudart()` returns it.
    """

    def __init__(self, memory: Any, cudart: Any) -> None:
        array = np.frombuffer(memory, np.uint8)
        self._cudart = cudart
        self._address = array.ctypes.data
        error = int(cudart.cudaHostRegister(self._address, array.nbytes, 0))
        self.registered = error == 0
        """Whether CUDA agreed."""
        if not self.registered:
            sys.stderr.write(f"The shared memory could not be pinned (CUDA error {error}), so copies are slower.\n")

    def release(self) -> None:
        """Unpin the memory; releasing twice is harmless."""
        if self.registered:
            self.registered = False
            self._cudart.cudaHostUnregister(self._address)


def checked_device(given: str | None) -> str:
    """Return the device to simulate on, for one that was given or None; see `chosen_device`."""
    return chosen_device(given, torch.cuda.device_count() if torch.cuda.is_available() else 0)


def observation_dim(space: Any, group: str, task: str) -> int:
    """Return the length of an observation of one group.

    Args:
        space: the spaces of one robot's observations, by group.
        group: which one.
        task: the task's id, for messages.

    Raises:
        RefusedError: if there is no such group, or its observations are no vectors.
    """
    groups = getattr(space, "spaces", space)
    if group not in groups:
        raise RefusedError(
            f"{task} has no observation group '{group}'; it has: {', '.join(groups)}. Set "
            "task.options.observation_group."
        )
    shape = getattr(groups[group], "shape", None)
    if shape is None or len(shape) != 1:
        what = "several arrays" if shape is None else f"arrays of shape {tuple(shape)}, such as images"
        raise RefusedError(
            f"The observation group '{group}' of {task} holds {what}; only vectors can be trained on. Choose another "
            "group, or let the task concatenate its terms."
        )
    return int(shape[0])


def facts_of(env: Any, *, dim: int, unbounded: float, **more: Any) -> Facts:
    """Return what is known of an environment with Isaac Lab's attributes.

    Args:
        env: the environment, unwrapped.
        dim: length of an observation.
        unbounded: where an infinite action space is declared to end.
        more: the other fields of `Facts`.
    """
    space = env.single_action_space
    curriculum = getattr(env, "curriculum_manager", None)
    low, high = (np.clip(np.broadcast_to(end, space.shape), -unbounded, unbounded) for end in (space.low, space.high))
    return Facts(
        observation_dim=dim,
        action_low=[float(bound) for bound in low],
        action_high=[float(bound) for bound in high],
        max_episode_steps=int(env.max_episode_length),
        control_period_seconds=float(env.step_dt),
        # A curriculum moves terrains, commands and weights on with the steps, and nothing moves them back.
        restarts=curriculum is None or not curriculum.active_terms,
        **more,
    )
