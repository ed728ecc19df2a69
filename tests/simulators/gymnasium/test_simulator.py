"""Opening environments by their ids, with options; what cannot be opened is explained."""

import numpy as np
import pytest

from tests.contracts.simulator import SimulatorContract
from tests.simulators.gymnasium.support import open_one
from tuner.simulators import get_simulator


class TestPendulum(SimulatorContract):
    simulator = "gymnasium"
    task_id = "Pendulum-v1"
    action_scale = 2.0


class TestMountainCarContinuous(SimulatorContract):
    simulator = "gymnasium"
    task_id = "MountainCarContinuous-v0"


def test_registered_limit_and_period() -> None:
    env = open_one("Pendulum-v1")
    assert env.max_episode_steps == 200  # as Gymnasium registers it
    assert env.control_period_seconds == 0.05  # Pendulum's dt; its render_fps of 30 is for the eye
    env.close()


def test_period_from_frames_per_second() -> None:
    env = open_one("MountainCarContinuous-v0")
    assert env.control_period_seconds == pytest.approx(1 / 30)
    env.close()


def test_arguments_reach_the_environment() -> None:
    env = open_one("Pendulum-v1", env_kwargs={"g": 1.25})
    assert env.get_attr("unwrapped")[0].g == 1.25
    env.close()


def test_every_listed_task_opens() -> None:
    tasks = get_simulator("gymnasium").tasks()
    assert "Pendulum-v1" in tasks
    for task in tasks:
        env = open_one(task)
        assert np.isfinite(env.reset()).all()
        env.close()


@pytest.mark.parametrize(
    ("task_id", "known"),
    [("Pendulum-v1", True), ("CartPole-v1", True), ("mypkg:MyEnv-v0", True), ("Cartpole", False)],
)
def test_it_knows_more_than_it_lists(task_id: str, known: bool) -> None:
    assert get_simulator("gymnasium").knows(task_id) == known
