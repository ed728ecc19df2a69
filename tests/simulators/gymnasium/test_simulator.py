"""Opening environments by their ids, with options; what cannot be opened is explained."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from tests.contracts.simulator import SimulatorContract
from tests.simulators.gymnasium.support import open_one
from tuner.errors import UserError
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
    ("task_id", "options", "parts"),
    [
        ("Pendulm-v1", {}, ["'Pendulm-v1'", "Did you mean 'Pendulum-v1'?"]),
        ("Pendulum", {}, ["Did you mean 'Pendulum-v1'?"]),
        ("Pendulum-v0", {}, ["Did you mean 'Pendulum-v1'?"]),
        ("Pendulm-v1", {"max_episode_steps": 5}, ["Did you mean 'Pendulum-v1'?"]),
        ("no id at all", {}, ["'no id at all'"]),
        ("CartPole-v1", {}, ["actions", "Discrete(2)", "Box"]),
        ("OwnCounter-v0", {"own": True}, ["no time limit", "max_episode_steps"]),
        ("OwnDictCounter-v0", {"own": True, "max_episode_steps": 5}, ["observations", "Dict", "FlattenObservation"]),
        ("OwnImageCounter-v0", {"own": True, "max_episode_steps": 5}, ["observations", "(4, 4)", "one dimension"]),
        ("OwnByteCounter-v0", {"own": True, "max_episode_steps": 5}, ["observations", "uint8", "floats"]),
        ("OwnDiscreteCounter-v0", {"own": True, "max_episode_steps": 5}, ["actions", "Discrete(2)"]),
        ("OwnBrokenCounter-v0", {"own": True, "max_episode_steps": 5}, ["OSError", "not plugged in"]),
        ("Pendulum-v1", {"max_episode_steps": 0}, ["task.options.max_episode_steps", "at least 1", "0"]),
        ("Pendulum-v1", {"max_episode_steps": 2.5}, ["task.options.max_episode_steps", "whole number", "2.5"]),
        ("Pendulum-v1", {"vectorization": "threads"}, ["task.options.vectorization", "'sync' or 'subprocess'"]),
        ("Pendulum-v1", {"env_kwargs": 3}, ["task.options.env_kwargs", "mapping"]),
        ("Pendulum-v1", {"env_kwargs": {"gravity": 3}}, ["Pendulum-v1", "gravity"]),
        ("Pendulum-v1", {"max_epsiode_steps": 3}, ["max_epsiode_steps", "Did you mean 'max_episode_steps'?"]),
        ("Pendulum-v1", {"import": "no_such_module"}, ["no_such_module", "./no_such_module.py"]),
        ("no_such_module:Own-v0", {}, ["no_such_module"]),
        ("Pendulum-v1", {"import": "no/such/file.py"}, ["no/such/file.py"]),
    ],
)
def test_mistakes_are_explained(task_id: str, options: dict[str, Any], parts: list[str], own_env: Path) -> None:
    options = dict(options)
    if options.pop("own", False):
        options["import"] = str(own_env)
    with pytest.raises(UserError) as caught:
        open_one(task_id, **options)
    for part in parts:
        assert part in str(caught.value)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def create() -> None:
        raise ModuleNotFoundError("No module named 'glfw'", name="glfw")

    gym.register("NeedsViewer-v0", create, max_episode_steps=3)
    try:
        with pytest.raises(UserError, match="pip install glfw"):
            open_one("NeedsViewer-v0")
    finally:
        del gym.registry["NeedsViewer-v0"]
