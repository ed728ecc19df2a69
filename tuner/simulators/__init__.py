"""Simulators: engines that step a task for many robots at once, by name or from a user's own file.

This package is light to import, for those who only need `JointTargets` or a task's revision. The rest needs
Stable-Baselines3, and is imported when it is first used.
"""

from typing import TYPE_CHECKING

from tuner.optional import lazy_attributes
from tuner.simulators._joint_targets import JointTargets
from tuner.simulators._revisions import task_revision

if TYPE_CHECKING:
    from tuner.simulators._bounded_actions import BoundedActions, bound_actions
    from tuner.simulators._contract import Camera, Simulator, TaskEnv
    from tuner.simulators._registry import find_simulator, get_simulator, open_task, simulator_names

__all__ = [
    "BoundedActions",
    "Camera",
    "JointTargets",
    "Simulator",
    "TaskEnv",
    "bound_actions",
    "find_simulator",
    "get_simulator",
    "open_task",
    "simulator_names",
    "task_revision",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "BoundedActions": "_bounded_actions",
        "Camera": "_contract",
        "Simulator": "_contract",
        "TaskEnv": "_contract",
        "bound_actions": "_bounded_actions",
        "find_simulator": "_registry",
        "get_simulator": "_registry",
        "open_task": "_registry",
        "simulator_names": "_registry",
    },
)
