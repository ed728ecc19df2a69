"""mjlab, in an interpreter of its own; what opens its tasks there is `server/server_side/mjlab_backend.py`."""

from tuner.simulators.server import ServedSimulator

__all__ = ["MjlabSimulator"]


class MjlabSimulator(ServedSimulator):
    """The tasks of mjlab."""

    name = "mjlab"
