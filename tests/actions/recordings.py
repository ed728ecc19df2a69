"""Recordings with numbers to reckon with."""

from typing import Any

import numpy as np

from tuner.actions import Recording
from tuner.config import TaskConfig
from tuner.simulators import JointTargets

JOINTS = JointTargets(
    names=("hip", "knee"), default=(0.1, -1.5), scale=(0.25, 0.5), lower=(-0.8, -2.5), upper=(0.7, -0.5)
)


def column(values: Any) -> Any:
    return np.asarray(values, dtype=np.float32)


def make_recording(commanded: Any, raw: Any = None, **changes: Any) -> Recording:
    """A recording of PPO whose commanded actions are the rows given, two steps of as many robots as it takes."""
    rows = column(commanded)
    shape = (2, len(rows) // 2, rows.shape[1])
    dimensions = rows.shape[1]
    facts: dict[str, Any] = {
        "task": TaskConfig(id="Toy", num_envs=shape[1]),
        "policy": "trained",
        "algorithm": "ppo",
        "squashed": False,
        "deterministic": False,
        "agent_low": column([-100] * dimensions),
        "agent_high": column([100] * dimensions),
        "task_low": column([-np.inf] * dimensions),
        "task_high": column([np.inf] * dimensions),
        "raw": column(rows if raw is None else raw).reshape(shape),
        "mean": np.zeros(shape, np.float32),
        "commanded": rows.reshape(shape),
    }
    return Recording(**facts | changes)
