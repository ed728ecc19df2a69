"""Recordings whose actions are given."""

import numpy as np

from tuner.actions import Recording
from tuner.config import TaskConfig
from tuner.simulators import JointTargets


def recording(commanded, *, raw=None, names=None, task="Toy"):
    """Return a trained PPO's recording on a box of ±100.

    Args:
        commanded: shape (steps, robots, d).
        raw: likewise; None for the same.
        names: of the joints; None for a task that knows of none.
        task: the task's id.
    """
    commanded = np.asarray(commanded, dtype=np.float32)
    d = commanded.shape[2]
    box = np.full(d, 100.0, dtype=np.float32)
    raw = commanded if raw is None else np.asarray(raw, dtype=np.float32)
    zeros, ones = (0.0,) * d, (1.0,) * d
    joints = None if names is None else JointTargets(tuple(names), zeros, ones, (-1.0,) * d, ones)
    return Recording(
        task=TaskConfig(id=task),
        policy="trained",
        algorithm="ppo",
        squashed=False,
        deterministic=False,
        agent_low=-box,
        agent_high=box,
        task_low=-box,
        task_high=box,
        raw=raw,
        mean=raw,
        commanded=commanded,
        joints=joints,
    )
