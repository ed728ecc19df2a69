"""Both tasks keep the rules that every simulator keeps."""

import numpy as np

from tests.contracts.simulator import SimulatorContract


class TestCartpole(SimulatorContract):
    simulator = "mujoco"
    task_id = "Cartpole"
    action_scale = 0.1
    failing_action = 4.0  # 400 N one way: the cart leaves the track within a second
    failing_steps = 200
    failed = staticmethod(lambda observations: np.abs(observations[:, 0]) > 3.0)


class TestVelocityFlatA1(SimulatorContract):
    simulator = "mujoco"
    task_id = "Velocity-Flat-A1"
    failing_action = 6.0  # every target 1.5 rad off the default pose: the robot falls onto its trunk
    failing_steps = 200


class TestVelocityFlatA1WithoutNoise(SimulatorContract):
    simulator = "mujoco"
    task_id = "Velocity-Flat-A1"
    options = {"observation_noise": False}  # noqa: RUF012 (a constant of the test)
    failing_action = 6.0
    failing_steps = 200
