"""The embedded simulator on MuJoCo's batch interface, with its tasks."""

from tuner.simulators.mujoco._simulator import MujocoSimulator

__all__ = ["MujocoSimulator"]
