import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import faulty
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators import get_simulator, open_task, simulator_names

OWN = """
from tuner.simulators import Simulator

class Good(Simulator):
    name = "good"
    def tasks(self):
        return ["Own"]
    def open(self, task, *, seed, threads):
        return "not an environment"

class Unfinished(Simulator):
    name = "unfinished"

class Demanding(Good):
    def __init__(self, address):
        self.address = address

class NoSimulator:
    pass

not_a_class = Good()
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.py"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_names() -> None:
    assert simulator_names() == ["gymnasium", "mujoco"]


@pytest.mark.parametrize("name", ["gymnasium", "mujoco"])
def test_simulators_know_their_names(name: str) -> None:
    simulator = get_simulator(name)
    assert simulator.name == name
    assert simulator.tasks()


def test_an_unknown_name_is_corrected() -> None:
    with pytest.raises(UserError, match=r"simulator 'mujocco'\. Did you mean 'mujoco'\?.*file\.py:ClassName"):
        get_simulator("mujocco")


def test_a_users_own_simulator(own: Path) -> None:
    assert get_simulator(f"{own}:Good").tasks() == ["Own"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("NoSimulator", "is another class, not a class derived from tuner.simulators.Simulator"),
        ("not_a_class", "is a Good, not a class derived from tuner.simulators.Simulator"),
        ("Unfinished", "abstract"),
        ("Demanding", "without arguments.*address"),
        ("Goood", "Did you mean 'Good'"),
    ],
)
def test_a_users_own_mistakes(own: Path, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        get_simulator(f"{own}:{name}")


def test_what_a_users_simulator_opens_is_checked(own: Path) -> None:
    with pytest.raises(UserError, match="opened a str, which is not a TaskEnv"):
        open_task(TaskConfig(id="Own", simulator=f"{own}:Good"), seed=0, threads=1)


def test_open_task_seeds() -> None:
    task = TaskConfig(id="PointMass", simulator=f"{faulty.__file__}:FaultySimulator", num_envs=2)
    first, second, other = (open_task(task, seed=seed, threads=1).reset() for seed in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()


def test_importing_the_package_loads_no_engine() -> None:
    code = "import sys, tuner.simulators; print(sorted({'mujoco', 'jax', 'optuna', 'isaaclab'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
