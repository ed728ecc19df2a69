"""Simulators: engines that step a task for many robots at once, by name or from a user's own file.

Importing this package stays light, so that what only reads `JointTargets` or a task's revision does; the rest brings
Stable-Baselines3, and is imported when asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tuner.simulators._joint_targets import JointTargets
from tuner.simulators._revisions import task_revision

if TYPE_CHECKING:
    from tuner.simulators._base import Simulator, TaskEnv
    from tuner.simulators._bounded_actions import BoundedActions, bound_actions
    from tuner.simulators._camera import Camera
    from tuner.simulators._registry import get_simulator, open_task, simulator_names

__all__ = [
    "BoundedActions",
    "Camera",
    "JointTargets",
    "Simulator",
    "TaskEnv",
    "bound_actions",
    "get_simulator",
    "open_task",
    "simulator_names",
    "task_revision",
]

_LAZY = {
    "BoundedActions": "_bounded_actions",
    "Camera": "_camera",
    "Simulator": "_base",
    "TaskEnv": "_base",
    "bound_actions": "_bounded_actions",
    "get_simulator": "_registry",
    "open_task": "_registry",
    "simulator_names": "_registry",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
