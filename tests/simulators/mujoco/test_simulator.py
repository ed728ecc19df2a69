"""Both tasks keep the rules that every simulator keeps; options that they do not have are explained."""

import numpy as np
import pytest

from tests.contracts.simulator import SimulatorContract
from tests.simulators.mujoco.support import open_a1, open_cartpole
from tuner.errors import UserError


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


def test_defaults() -> None:
    assert open_cartpole(1).max_episode_steps == 300  # 5 s of 1/60 s
    assert open_a1(1).max_episode_steps == 1000  # 20 s of 0.02 s


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"task\.options\.observation_nose: .* Did you mean 'observation_noise'"):
        open_a1(1, observation_nose=False)


def test_options_of_one_task_are_unknown_to_the_other() -> None:
    with pytest.raises(UserError, match=r"task\.options\.randomize: .*Allowed: max_episode_steps"):
        open_cartpole(1, randomize=False)


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("observation_noise", "yes", "true or false, but 'yes'"),
        ("randomize", 1, "true or false, but 1"),
        ("max_episode_steps", 0, "at least 1, but 0"),
        ("max_episode_steps", True, "a whole number, but true"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: object, needed: str) -> None:
    with pytest.raises(UserError, match=rf"task\.options\.{name}: needs {needed} was given"):
        open_a1(1, **{name: value})


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(UserError, match=r"(?s)max_episode_steps: needs at least 1.*speed: there is no such key"):
        open_a1(1, max_episode_steps=0, speed=2)
