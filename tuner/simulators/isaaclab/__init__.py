"""Isaac Lab, in an interpreter of its own; what opens its tasks there is `server/server_side/isaaclab_backend.py`."""

from tuner.simulators.server import ServedSimulator

__all__ = ["IsaacLabSimulator"]


class IsaacLabSimulator(ServedSimulator):
    """The tasks of Isaac Lab."""

    name = "isaaclab"
