"""What every simulator must do, done by the embedded one and by the point mass behind a server."""

import sys
from pathlib import Path

import numpy as np
import pytest

from tests.contracts.simulator import EnvContract, SimulatorContract
from tests.simulators.server.fleet import Fleet, ServedTask
from tests.support import point_mass
from tuner.simulators.server import Server


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """Return servers that are ended after the module."""
    fleet = Fleet(tmp_path_factory.mktemp("servers"))
    yield fleet
    fleet.end()


class InThisInterpreter(ServedTask):
    """Simulators of the package in a server that this Python runs."""

    def config(self, num_envs, limit, **options):
        """Return the task, in an interpreter of its own."""
        return super().config(num_envs, limit, **options).model_copy(update={"python": sys.executable})

    def server(self):
        """Return the server of the package's own simulators."""
        return Server(Path(sys.executable), f"tuner:{self.simulator}")


class TestServedCartpole(InThisInterpreter, SimulatorContract):
    simulator = "mujoco"
    task_id = "Cartpole"
    action_scale = 0.1
    failing_action = 4.0
    failing_steps = 200
    failed = staticmethod(lambda observations: np.abs(observations[:, 0]) > 3.0)


class TestServedPointMass(InThisInterpreter, EnvContract):
    simulator = f"{point_mass.__file__}:PointMassSimulator"
    task_id = "PointMass"
    failing_action = 1.0
    failing_steps = 200
