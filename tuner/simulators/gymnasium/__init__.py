"""Any Gymnasium environment with continuous actions, stepped one robot after the other, or in one process each."""

from tuner.simulators.gymnasium._simulator import GymnasiumOptions, GymnasiumSimulator

__all__ = ["GymnasiumOptions", "GymnasiumSimulator"]
