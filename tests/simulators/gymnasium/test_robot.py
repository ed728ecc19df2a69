"""How a robot is made: what is imported, how it is wrapped, and that other processes can make it too."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import gymnasium as gym
import pytest

from tests.simulators.gymnasium.support import open_one
from tuner.simulators.gymnasium._robot import GymnasiumOptions, Robot

REGISTER = """
import gymnasium
for name in ("Packaged-v0", "mine/Packaged-v0"):
    gymnasium.register(name, "robots_of_mine.arm:Arm", max_episode_steps=7)
"""
ARM = """
import gymnasium
import numpy as np
from robots_of_mine.numbers import SIZE
class Arm(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (SIZE,))
    action_space = gymnasium.spaces.Box(-1, 1, (1,))
    def reset(self, *, seed=None, options=None):
        return np.zeros(SIZE, np.float32), {}
    def step(self, action):
        return np.zeros(SIZE, np.float32), 0.0, False, False, {}
class Longer(gymnasium.Wrapper):
    def __init__(self, env, by):
        super().__init__(env)
        self.longer = by
"""


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "robots_of_mine"
    folder.mkdir()
    (folder / "__init__.py").write_text(REGISTER)
    (folder / "arm.py").write_text(ARM)
    (folder / "numbers.py").write_text("SIZE = 4\n")
    yield folder
    for name in ("Packaged-v0", "mine/Packaged-v0"):
        gym.registry.pop(name, None)


@pytest.mark.parametrize("vectorization", ["sync", "subprocess"])
@pytest.mark.parametrize("task_id", ["Packaged-v0", "mine/Packaged-v0", "robots_of_mine:Packaged-v0"])
def test_a_package_that_is_not_installed_registers_its_environments(
    package: Path, task_id: str, vectorization: str
) -> None:
    env = open_one(task_id, 2, vectorization=vectorization, **{"import": str(package)})
    assert env.reset().shape == (2, 4)
    env.close()


def test_a_wrapper_of_that_package(package: Path) -> None:
    wrapper = {f"{package}.arm:Longer": {"by": 3}}
    env = open_one("Packaged-v0", env_wrapper=[wrapper], **{"import": str(package)})
    assert env.get_attr("longer") == [3]
    env.close()


@pytest.mark.parametrize(
    ("task_id", "imported", "modules"),
    [
        ("Env-v0", None, []),
        ("Env-v0", "mine", ["mine"]),
        ("mine:Env-v0", None, ["mine"]),
        ("mine:Env-v0", "/home/me/mine", ["/home/me/mine"]),
        ("mine:Env-v0", "other", ["other", "mine"]),
    ],
)
def test_each_module_is_imported_once(task_id: str, imported: str | None, modules: list[str]) -> None:
    assert Robot(task_id, GymnasiumOptions.model_validate({"import": imported})).modules == modules


def test_another_process_makes_the_same_robot() -> None:
    options = GymnasiumOptions.model_validate({"env_wrapper": ["gymnasium.wrappers.TimeAwareObservation"]})
    robot = pickle.loads(pickle.dumps(Robot("Pendulum-v1", options)))
    assert robot.make(9).observation_space.shape == (4,)
    assert robot.description == "'Pendulum-v1' (in gymnasium.wrappers:TimeAwareObservation)"
