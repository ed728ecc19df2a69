"""Opening the tasks with their own types."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tuner.config import TaskConfig
from tuner.simulators.mujoco import MujocoSimulator
from tuner.simulators.mujoco._cartpole import Cartpole
from tuner.simulators.mujoco._velocity_flat_a1 import VelocityFlatA1


def open_cartpole(num_envs: int, *, seed: int = 0, **options: Any) -> Cartpole:
    env = MujocoSimulator().open(TaskConfig(id="Cartpole", num_envs=num_envs, options=options), seed=seed, threads=1)
    assert isinstance(env, Cartpole)
    return env


def open_a1(num_envs: int, *, seed: int = 0, **options: Any) -> VelocityFlatA1:
    task = TaskConfig(id="Velocity-Flat-A1", num_envs=num_envs, options=options)
    env = MujocoSimulator().open(task, seed=seed, threads=1)
    assert isinstance(env, VelocityFlatA1)
    return env


def zeros(env: Cartpole | VelocityFlatA1) -> npt.NDArray[np.float32]:
    return np.zeros((env.num_envs, *env.action_space.shape), dtype=np.float32)
