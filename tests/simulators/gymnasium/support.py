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

class ByteCounter(Counter):
    def __init__(self, shape=(4,)):
        super().__init__(spaces.Box(0, 255, shape, np.uint8))
    def reset(self, **keywords):
        super().reset(**keywords)
        return self.seen(), {}
    def step(self, action):
        return self.seen(), *super().step(action)[1:]
    def seen(self):
        return np.full(self.observation_space.shape, 200, np.uint8)

class TupleCounter(Counter):
    def __init__(self):
        super().__init__(spaces.Tuple((spaces.Discrete(3), spaces.Box(0, np.inf, (2, 2)))))
    def reset(self, **keywords):
        super().reset(**keywords)
        return self.seen(), {}
    def step(self, action):
        return self.seen(), *super().step(action)[1:]
    def seen(self):
        return 2, np.full((2, 2), self.steps[0] + 1, np.float32)

class SequenceCounter(Counter):
    def __init__(self):
        super().__init__(spaces.Sequence(spaces.Discrete(3)))

class MatrixCounter(Counter):
    def __init__(self):
        super().__init__(None, spaces.Box(-1, 1, (2, 3)))
    def step(self, action):
        assert action.shape == (2, 3), action.shape
        observation, _, terminated, truncated, info = super().step(action[0])
        return observation, float(action[1, 2]), terminated, truncated, info

class ActionCounter(Counter):
    def __init__(self, kind):
        super().__init__(None, {
            "discrete": spaces.Discrete(2),
            "multi-discrete": spaces.MultiDiscrete([2, 3]),
            "binary": spaces.MultiBinary(3),
            "composite": spaces.Dict({"arm": spaces.Box(-1, 1, (2,))}),
            "whole numbers": spaces.Box(0, 5, (2,), np.int64),
        }[kind])

class FaultyCounter(Counter):
    def __init__(self, fault):
        super().__init__()
        self.fault = fault
    def reset(self, **keywords):
        observation, info = super().reset(**keywords)
        if self.fault == "shape":
            return np.zeros(3), info
        if self.fault == "reset":
            raise RuntimeError("the motors are off")
        if self.fault == "exit":
            raise SystemExit("no license")
        if self.fault == "reset without info":
            return observation
        return observation * (np.nan if self.fault == "nan" else 1), info
    def step(self, action):
        observation, reward, *rest = super().step(action)
        if self.fault == "later" and self.steps > 3:
            raise RuntimeError("joint 3 is stuck")
        if self.fault == "four values":
            return observation, reward, *rest[1:]
        rewards = {"reward": np.nan, "no reward": None, "reward list": np.ones(1)}
        return observation, rewards.get(self.fault, reward), *rest
    def close(self):
        if self.fault == "close":
            raise RuntimeError("closed already")
    def exit(self):
        import os
        os._exit(7)

class BareCounter(gym.Env):
    def __init__(self, number=None, actions=0):
        if number is not None:
            self.action_space = number
        if actions:
            self.action_space = spaces.Box(-1, 1, (actions,))

class ExitingCounter(Counter):
    def __init__(self):
        raise SystemExit("no license")

class BrokenCounter(Counter):
    def __init__(self):
        raise OSError("the robot is not plugged in")

for kind in (
    Counter, TupleCounter, ByteCounter, SequenceCounter, MatrixCounter, ActionCounter, FaultyCounter, BareCounter,
    ExitingCounter, BrokenCounter,
):
    if f"Own{kind.__name__}-v0" not in gym.registry:
        gym.register(f"Own{kind.__name__}-v0", kind)
"""


def open_one(task_id: str, num_envs: int = 1, **options: Any) -> Any:
    task = TaskConfig(id=task_id, simulator="gymnasium", num_envs=num_envs, options=options)
    return open_task(task, seed=0, threads=1)
