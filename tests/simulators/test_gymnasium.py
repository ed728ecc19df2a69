from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from tests.contracts.simulator import SimulatorContract
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators import get_simulator, open_task

OWN_ENV = """
import gymnasium as gym
import numpy as np
from gymnasium import spaces

class Counter(gym.Env):
    '''Observes how many steps it has made, in float64; fails when pushed by more than 0.5.'''
    def __init__(self, observation_space=None, action_space=None):
        self.observation_space = observation_space or spaces.Box(0, np.inf, (1,), np.float64)
        self.action_space = action_space or spaces.Box(-1, 1, (1,), np.float64)
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = np.zeros(1)
        return self.steps, {}
    def step(self, action):
        self.steps += 1  # the very array that was handed out
        return self.steps, 1.0, bool(action[0] > 0.5), False, {}

class DictCounter(Counter):
    def __init__(self):
        super().__init__(spaces.Dict({"steps": spaces.Box(0, 1, (1,))}))

class ImageCounter(Counter):
    def __init__(self):
        super().__init__(spaces.Box(0, 255, (4, 4), np.uint8))

class ByteCounter(Counter):
    def __init__(self):
        super().__init__(spaces.Box(0, 255, (4,), np.uint8))

class DiscreteCounter(Counter):
    def __init__(self):
        super().__init__(None, spaces.Discrete(2))

class BrokenCounter(Counter):
    def __init__(self):
        raise OSError("the robot is not plugged in")

for kind in (Counter, DictCounter, ImageCounter, ByteCounter, DiscreteCounter, BrokenCounter):
    if f"Own{kind.__name__}-v0" not in gym.registry:
        gym.register(f"Own{kind.__name__}-v0", kind)
"""


class TestPendulum(SimulatorContract):
    simulator = "gymnasium"
    task_id = "Pendulum-v1"
    action_scale = 2.0


class TestMountainCarContinuous(SimulatorContract):
    simulator = "gymnasium"
    task_id = "MountainCarContinuous-v0"


@pytest.fixture
def own_env(tmp_path: Path) -> Path:
    path = tmp_path / "own_envs.py"
    path.write_text(OWN_ENV, encoding="utf-8")
    return path


def open_one(task_id: str, num_envs: int = 1, **options: Any) -> Any:
    task = TaskConfig(id=task_id, simulator="gymnasium", num_envs=num_envs, options=options)
    return open_task(task, seed=0, threads=1)


def test_registered_limit_and_period() -> None:
    env = open_one("Pendulum-v1")
    assert env.max_episode_steps == 200  # as Gymnasium registers it
    assert env.control_period_seconds == 0.05  # Pendulum's dt; its render_fps of 30 is for the eye
    env.close()


def test_period_from_frames_per_second() -> None:
    env = open_one("MountainCarContinuous-v0")
    assert env.control_period_seconds == pytest.approx(1 / 30)
    env.close()


def test_an_environment_of_the_users_own(own_env: Path) -> None:
    env = open_one("OwnCounter-v0", num_envs=2, max_episode_steps=3, **{"import": str(own_env)})
    assert np.isnan(env.control_period_seconds)
    assert env.reset().tolist() == [[0.0], [0.0]]
    gentle, rough = np.float32([[0.0], [0.0]]), np.float32([[0.0], [1.0]])
    assert env.step(gentle)[0].tolist() == [[1.0], [1.0]]
    observations, _, dones, infos = env.step(rough)  # robot 1 fails in its second step
    assert observations.tolist() == [[2.0], [0.0]]
    assert dones.tolist() == [False, True]
    assert infos[1]["terminal_observation"].tolist() == [2.0]
    assert not infos[1]["TimeLimit.truncated"]
    observations, _, dones, infos = env.step(gentle)  # robot 0 times out in its third
    assert observations.tolist() == [[0.0], [1.0]]
    assert dones.tolist() == [True, False]
    assert infos[0]["terminal_observation"].tolist() == [3.0]
    assert infos[0]["TimeLimit.truncated"]
    env.close()


def test_failing_in_the_last_step_is_a_failure(own_env: Path) -> None:
    env = open_one("OwnCounter-v0", max_episode_steps=1, **{"import": str(own_env)})
    env.reset()
    _, _, dones, infos = env.step(np.float32([[1.0]]))
    assert dones.tolist() == [True]
    assert not infos[0]["TimeLimit.truncated"]
    env.close()


def test_processes_step_as_threads_do() -> None:
    envs = [open_one("Pendulum-v1", 2, max_episode_steps=4, vectorization=kind) for kind in ("sync", "subprocess")]
    try:
        for env in envs:
            env.spread_ages = True
        observations = [env.reset() for env in envs]
        np.testing.assert_array_equal(*observations)
        ended = 0
        for action in np.linspace(-2, 2, 10, dtype=np.float32):
            one, other = (env.step(np.full((2, 1), action)) for env in envs)
            for ours, theirs in zip(one[:3], other[:3], strict=True):
                np.testing.assert_array_equal(ours, theirs)
                assert ours.dtype == theirs.dtype
            for ours, theirs in zip(one[3], other[3], strict=True):
                assert ours.keys() == theirs.keys()
                if "terminal_observation" in ours:
                    ended += 1
                    np.testing.assert_array_equal(ours["terminal_observation"], theirs["terminal_observation"])
                    assert theirs["TimeLimit.truncated"]
        assert ended >= 4
    finally:
        for env in envs:
            env.close()
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
