"""The embedded simulator on MuJoCo's batch interface, with its tasks.

This package is light to import: MuJoCo is imported when a task is opened, or when its options are used.
"""

from typing import TYPE_CHECKING

from tuner.optional import lazy_attributes
from tuner.simulators.mujoco._simulator import MujocoSimulator

if TYPE_CHECKING:
    from tuner.simulators.mujoco._cartpole import CartpoleOptions
    from tuner.simulators.mujoco._velocity_flat_a1 import VelocityFlatA1Options

__all__ = ["CartpoleOptions", "MujocoSimulator", "VelocityFlatA1Options"]

__getattr__ = lazy_attributes(__name__, {"CartpoleOptions": "_cartpole", "VelocityFlatA1Options": "_velocity_flat_a1"})
