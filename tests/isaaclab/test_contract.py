"""What every simulator must do, done by Isaac Lab 3.0 with its own unchanged tasks."""

import numpy as np

from tests.contracts.episodes import EpisodeContract
from tests.contracts.simulator import EnvContract, SimulatorContract
from tests.simulators.server.fleet import ServedTask
from tuner.config import TaskConfig
from tuner.simulators import get_simulator
from tuner.simulators.server import server_for


class IsaacLabTask(ServedTask):
    simulator = "isaaclab"

    def server(self):
        """Return the server of the interpreter that TUNER_ISAACLAB_PYTHON names."""
        return server_for(TaskConfig(id=self.task_id, simulator=self.simulator))


class TestCartpole(IsaacLabTask, SimulatorContract):
    task_id = "Isaac-Cartpole"
    robots = many = 64
    action_scale = 0.1
    failing_action = 4.0
    failing_steps = 200
    failed = staticmethod(lambda observations: np.abs(observations[:, 0]) > 2.9)

    def test_lists_the_task(self) -> None:
        super().test_lists_the_task()
        assert {"Isaac-Ant", TestVelocityFlatA1.task_id} <= set(get_simulator("isaaclab").tasks())


class TestCartpoleDirect(IsaacLabTask, EpisodeContract):
    """`test_against_wrapper` compares its numbers; how its episodes end is Isaac Lab's other code."""

    task_id = "Isaac-Cartpole-Direct"
    robots = many = 64
    action_scale = 0.1
    failing_action = 4.0
    failing_steps = 200


class TestVelocityFlatA1(IsaacLabTask, EnvContract):
    task_id = "IsaacContrib-Velocity-Flat-UnitreeA1"
    robots = many = 16
    action_scale = 0.1
    failing_action = 6.0
    failing_steps = 100
    late_at_the_end = (
        11,
    )  # the commanded turning rate, which Isaac Lab updates after it has kept the final observation
