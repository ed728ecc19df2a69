"""Any Gymnasium environment with continuous actions, stepped one robot after the other, or in several processes."""

from tuner.simulators.gymnasium._robot import GymnasiumOptions
from tuner.simulators.gymnasium._simulator import GymnasiumSimulator

__all__ = ["GymnasiumOptions", "GymnasiumSimulator"]
