"""Gymnasium environments for tests: opening them, and a file that registers some of its own."""

from typing import Any

from tuner.config import TaskConfig
from tuner.simulators import open_task

OWN_ENV = """
import gymnasium as gym
import numpy as np
from gymnasium import spaces

class Counter(gym.Env):
    '''Observes how many steps it has made, in float64; fails when pushed by more than 0.5.'''
    def __init__(self, observation_space=None, action_space=None):
        self.observation_space = observation_space or spaces.Box(0, np.inf, (1,), np.float64)
        self.action_space = action_space or spaces.Box(-1, 1, (1,), np.float64)
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = np.zeros(1)
        return self.steps, {}
    def step(self, action):
        self.steps += 1  # the very array that was handed out
        return self.steps, 1.0, bool(action[0] > 0.5), False, {}

class DictCounter(Counter):
    def __init__(self):
        super().__init__(spaces.Dict({"steps": spaces.Box(0, 1, (1,))}))

class ImageCounter(Counter):
    def __init__(self):
        super().__init__(spaces.Box(0, 255, (4, 4), np.uint8))

class ByteCounter(Counter):
    def __init__(self):
        super().__init__(spaces.Box(0, 255, (4,), np.uint8))

class DiscreteCounter(Counter):
    def __init__(self):
        super().__init__(None, spaces.Discrete(2))

class BrokenCounter(Counter):
    def __init__(self):
        raise OSError("the robot is not plugged in")

for kind in (Counter, DictCounter, ImageCounter, ByteCounter, DiscreteCounter, BrokenCounter):
    if f"Own{kind.__name__}-v0" not in gym.registry:
        gym.register(f"Own{kind.__name__}-v0", kind)
"""


def open_one(task_id: str, num_envs: int = 1, **options: Any) -> Any:
    task = TaskConfig(id=task_id, simulator="gymnasium", num_envs=num_envs, options=options)
    return open_task(task, seed=0, threads=1)
