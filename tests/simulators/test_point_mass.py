"""The tests' own simulators keep the rules too, so that what is tested with them holds for real ones."""

import numpy as np
import pytest

from tests.contracts.simulator import SimulatorContract
from tests.support import faulty, point_mass
from tests.support.point_mass import PointMassEnv

FAILED = staticmethod(lambda observations: np.abs(observations[:, 0]) > point_mass.FAILURE_DISTANCE)


class TestPointMass(SimulatorContract):
    simulator = f"{point_mass.__file__}:PointMassSimulator"
    task_id = "PointMass"
    failing_action = 1.0
    failing_steps = 200
    failed = FAILED


class TestFaultyWithoutFault(SimulatorContract):
    simulator = f"{faulty.__file__}:FaultySimulator"
    task_id = "PointMass"
    failing_action = 1.0
    failing_steps = 200
    failed = FAILED


def test_dynamics_and_reward() -> None:
    env = PointMassEnv(1)
    position = float(env.reset()[0, 0])
    observations, rewards, _, _ = env.step(np.ones((1, 1), dtype=np.float32))
    # v = 0 + 1·0.1 = 0.1; x = x0 + 0.1·0.1 = x0 + 0.01; reward = 0.1·(1 − x²)
    assert observations[0] == pytest.approx([position + 0.01, 0.1], rel=1e-5)
    assert rewards[0] == pytest.approx(0.1 * (1 - (position + 0.01) ** 2), rel=1e-5)


def test_a_simple_controller_solves_it() -> None:
    env = PointMassEnv(64)
    observations = env.reset()
    returns = np.zeros(64)
    for _ in range(env.max_episode_steps):
        action = -2.0 * observations[:, :1] - 2.5 * observations[:, 1:]
        observations, rewards, _, _ = env.step(action)
        returns += rewards
    assert returns.mean() > 9.0  # of 10 at most; doing nothing earns 6.67 on average
