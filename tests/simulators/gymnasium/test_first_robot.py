"""What the first robot shows before all are made: what the task is, and every mistake in a message of its own."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import pytest

from tests.simulators.gymnasium.support import open_one
from tuner.errors import UserError


def refusal(task_id: str, own_env: Path, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        open_one(task_id, max_episode_steps=5, **{"import": str(own_env)}, **options)
    return str(caught.value)


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
        ("OwnActionCounter-v0", {"own": True, "max_episode_steps": 5}, ["env_kwargs", "kind"]),
        ("OwnBrokenCounter-v0", {"own": True, "max_episode_steps": 5}, ["OSError", "not plugged in"]),
        ("Pendulum-v1", {"max_episode_steps": 0}, ["task.options.max_episode_steps", "at least 1", "0"]),
        ("Pendulum-v1", {"max_episode_steps": 2.5}, ["task.options.max_episode_steps", "whole number", "2.5"]),
        ("Pendulum-v1", {"vectorization": "threads"}, ["task.options.vectorization", "'sync' or 'subprocess'"]),
        ("Pendulum-v1", {"env_kwargs": 3}, ["task.options.env_kwargs", "mapping"]),
        ("Pendulum-v1", {"env_kwargs": {"gravity": 3}}, ["Pendulum-v1", "gravity"]),
        ("Pendulum-v1", {"max_epsiode_steps": 3}, ["max_epsiode_steps", "Did you mean 'max_episode_steps'?"]),
        ("Pendulum-v1", {"import": "no_such_module"}, ["no_such_module", "./path/to/no_such_module"]),
        ("no_such_module:Own-v0", {}, ["no_such_module"]),
        ("Pendulum-v1", {"import": "no/such/file.py"}, ["no/such/file.py"]),
        ("Pendulum-v1", {"import": "no/such"}, ["no module 'such'", "folder no"]),
        ("Pendulum-v1", {"import": 3}, ["task.options.import", "needs a text", "3"]),
        ("Pendulum-v1", {"processes": 0}, ["task.options.processes", "at least 1"]),
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


@pytest.mark.parametrize("kind", ["discrete", "multi-discrete", "binary", "composite", "whole numbers"])
def test_actions_without_bounds_are_refused_by_name(kind: str, own_env: Path) -> None:
    message = refusal("OwnActionCounter-v0", own_env, env_kwargs={"kind": kind})
    assert kind in message
    assert "needs a Box" in message.replace("need a Box", "needs a Box")


@pytest.mark.parametrize(
    ("fault", "parts"),
    [
        ("shape", ["shape (3,) after a reset", "(1,)"]),
        ("reset", ["cannot be reset and stepped", "the motors are off"]),
        ("nan", ["observations that are NaN or infinite after a reset"]),
        ("reward", ["a reward of nan"]),
        ("no reward", ["a reward of None", "one number"]),
        ("reward list", ["a reward of array([1.])", "one number"]),
        ("reset without info", ["an observation and a dictionary from its reset", "returns (observation, info)"]),
        ("four values", ["cannot be reset and stepped", "expected 5", "terminated, truncated, info)"]),
        ("exit", ["SystemExit: no license", "own_envs.py"]),
    ],
)
def test_a_robot_that_cannot_be_trained_is_refused(fault: str, parts: list[str], own_env: Path) -> None:
    message = refusal("OwnFaultyCounter-v0", own_env, env_kwargs={"fault": fault})
    assert all(part in message for part in parts)


def test_a_fault_of_the_robots_own_code_is_not_put_down_to_another_interface(own_env: Path) -> None:
    assert "terminated" not in refusal("OwnFaultyCounter-v0", own_env, env_kwargs={"fault": "reset"})


def test_a_robot_that_ends_the_process_is_refused(own_env: Path) -> None:
    message = refusal("OwnExitingCounter-v0", own_env)
    assert "cannot be created: SystemExit: no license" in message
    assert "own_envs.py" in message


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({}, "has no space as action_space"),
        ({"number": 3}, "has a builtins.int as action_space"),
        ({"actions": 2}, "has no space as observation_space"),
    ],
)
def test_a_robot_without_spaces_is_refused(declared: dict[str, Any], expected: str, own_env: Path) -> None:
    assert expected in refusal("OwnBareCounter-v0", own_env, env_kwargs=declared)


@pytest.mark.parametrize("vectorization", ["sync", "subprocess"])
def test_a_robot_that_cannot_be_closed_can_be_trained(vectorization: str, own_env: Path) -> None:
    options = {"import": str(own_env), "env_kwargs": {"fault": "close"}, "vectorization": vectorization}
    env = open_one("OwnFaultyCounter-v0", num_envs=2, max_episode_steps=5, **options)
    assert env.reset().shape == (2, 1)
    env.close()


def test_observations_that_cannot_be_made_flat_are_refused(own_env: Path) -> None:
    assert "Sequence" in refusal("OwnSequenceCounter-v0", own_env)


def test_a_wrappers_own_time_limit_counts() -> None:
    wrapper = {"gymnasium.wrappers:TimeLimit": {"max_episode_steps": 50}}
    env = open_one("Pendulum-v1", env_wrapper=wrapper)
    assert env.max_episode_steps == 50
    env.close()


def test_a_missing_package_of_gymnasiums_own_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(_: Any = None) -> None:
        raise ModuleNotFoundError("No module named 'glfw'", name="glfw")

    monkeypatch.setattr("gymnasium.envs.classic_control.pendulum.PendulumEnv.__init__", create)
    with pytest.raises(UserError, match="pip install glfw"):
        open_one("Pendulum-v1")


@pytest.mark.parametrize("missing", ["my_helpers", "pybullet"])
def test_a_module_that_may_be_the_users_is_not_to_be_installed_from_an_index(tmp_path: Path, missing: str) -> None:
    path = tmp_path / "robots.py"
    path.write_text(
        f"import gymnasium\ngymnasium.register('Needs-{missing}-v0', '{missing}.envs:Env', max_episode_steps=3)\n"
    )
    try:
        with pytest.raises(UserError) as caught:
            open_one(f"Needs-{missing}-v0", **{"import": str(path)})
    finally:
        del gym.registry[f"Needs-{missing}-v0"]
    assert f"needs the module '{missing}'" in str(caught.value)
    assert "If it is your own" in str(caught.value)
    assert "pip install" not in str(caught.value)
