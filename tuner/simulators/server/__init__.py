"""Simulators in a process and an interpreter of their own: the owner of the process, its clients, what they open.

Importing this package stays light: the environments, which bring Stable-Baselines3, are imported when asked for.
"""

from typing import TYPE_CHECKING

from tuner.optional import lazy_attributes
from tuner.simulators.server._client import Client
from tuner.simulators.server._interpreter import SERVED, Server, is_isaaclab_2, server_for, simulator_version
from tuner.simulators.server._process import Deadlines, ServerLog, ServerProcess, SimulatorLostError

if TYPE_CHECKING:
    from tuner.simulators.server._env import CannotReopenError, ServedEnv
    from tuner.simulators.server._opening import ServedSimulator, open_served

__all__ = [
    "SERVED",
    "CannotReopenError",
    "Client",
    "Deadlines",
    "ServedEnv",
    "ServedSimulator",
    "Server",
    "ServerLog",
    "ServerProcess",
    "SimulatorLostError",
    "is_isaaclab_2",
    "open_served",
    "server_for",
    "simulator_version",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "CannotReopenError": "_env",
        "ServedEnv": "_env",
        "ServedSimulator": "_opening",
        "open_served": "_opening",
    },
)
