"""Opening environments by their ids, with options; what cannot be opened is explained."""

from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces

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


class Recorded(gym.Env[Any, Any]):
    """Tells which of its kind are closed, and fails as it is made from the third one on."""

    observation_space = spaces.Box(-1, 1, (1,))
    action_space = spaces.Box(-1, 1, (1,))
    made: ClassVar[list["Recorded"]] = []

    def __init__(self, most: int) -> None:
        if len(self.made) == most:
            raise OSError("there is no other robot")
        self.open = True
        self.made.append(self)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        return np.zeros(1, np.float32), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return np.zeros(1, np.float32), 0.0, False, False, {}

    def close(self) -> None:
        self.open = False


class Refuses(gym.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: Any) -> None:
        raise ValueError("not this one")


@pytest.mark.parametrize(
    ("most", "options", "message"),
    [(3, {}, "no other robot"), (9, {"env_wrapper": [f"{__name__}:Refuses"]}, "not this one")],
)
def test_what_was_opened_is_closed_if_the_rest_fails(most: int, options: dict[str, Any], message: str) -> None:
    gym.register("Recorded-v0", Recorded, max_episode_steps=5)
    Recorded.made.clear()
    try:
        with pytest.raises(Exception, match=message):
            open_one("Recorded-v0", num_envs=4, env_kwargs={"most": most}, **options)
    finally:
        del gym.registry["Recorded-v0"]
    assert Recorded.made
    assert not any(robot.open for robot in Recorded.made)
