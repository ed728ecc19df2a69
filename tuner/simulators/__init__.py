"""Simulators: engines that step a task for many robots at once, by name or from a user's own file."""

from tuner.simulators._base import JointTargets, Simulator, TaskEnv
from tuner.simulators._bounded_actions import BoundedActions
from tuner.simulators._registry import get_simulator, open_task, simulator_names

__all__ = ["BoundedActions", "JointTargets", "Simulator", "TaskEnv", "get_simulator", "open_task", "simulator_names"]
