import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import faulty, odd_actions
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.machine import granted_cpu_count
from tuner.simulators import find_simulator, get_simulator, open_task, simulator_names
from tuner.user_code import load_object

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

class Refused(Good):
    closed = []
    def open(self, task, *, seed, threads):
        return Something(task.id)

class Something:
    # Not a TaskEnv; its name says whether and how it can be closed.
    def __init__(self, name):
        if name != "no_close":
            self.close = self.fail if name == "failing_close" else lambda: Refused.closed.append(name)
    def fail(self):
        raise RuntimeError("it cannot be closed either")

class Threads(Good):
    asked = []
    def open(self, task, *, seed, threads):
        Threads.asked.append(threads)

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
    assert simulator_names() == ["gymnasium", "isaaclab", "mjlab", "mujoco"]


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


@pytest.mark.parametrize("name", ["close", "no_close", "failing_close"])
def test_something_else_than_an_environment_is_closed_if_it_can_be(own: Path, name: str) -> None:
    with pytest.raises(UserError, match="opened a Something, which is not a TaskEnv"):
        open_task(TaskConfig(id=name, simulator=f"{own}:Refused"), seed=0, threads=1)
    assert load_object(f"{own}:Refused").closed == (["close"] if name == "close" else [])


def test_another_number_of_robots_is_refused_and_closed() -> None:
    simulator = f"{odd_actions.__file__}:OneRobotMore"
    closed = load_object(simulator).closed
    with pytest.raises(UserError, match="opened 3 robots instead of 2"):
        open_task(TaskConfig(id="PointMass", simulator=simulator, num_envs=2), seed=0, threads=1)
    assert [env.num_envs for env in closed] == [3]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("DiscreteActions", r"'PointMass' has actions in Discrete\(3\)\. Only a Box with one dimension has bounds"),
        ("DictActions", r"actions in Dict\('arm'.* composite"),
        ("MatrixActions", r"actions in Box\(-1\.0, 1\.0, \(2, 2\), float32\)\. Only a Box with one dimension"),
        ("NoActions", r"'PointMass' has no actions: their space is Box\(\[\], \[\], \(0,\), float32\)"),
    ],
)
def test_actions_that_cannot_be_trained_on(name: str, message: str) -> None:
    simulator = f"{odd_actions.__file__}:{name}"
    closed = load_object(simulator).closed
    closed.clear()  # other tests open it too
    with pytest.raises(UserError, match=message) as caught:
        open_task(TaskConfig(id="PointMass", simulator=simulator, num_envs=2), seed=0, threads=1)
    assert caught.value.exit_code == 2
    assert [env.num_envs for env in closed] == [2]


def test_an_infinite_box_can_be_opened_as_a_study_can_give_it_bounds() -> None:
    task = TaskConfig(id="PointMass", simulator=f"{odd_actions.__file__}:HalfInfiniteActions", num_envs=2)
    assert open_task(task, seed=0, threads=1).action_space.low.tolist() == [-float("inf")] * 2


def test_no_more_threads_than_there_are_cpus_for(own: Path) -> None:
    for threads in (1, 10_000):
        with pytest.raises(UserError, match="opened a NoneType"):
            open_task(TaskConfig(id="Own", simulator=f"{own}:Threads"), seed=0, threads=threads)
    assert load_object(f"{own}:Threads").asked == [1, granted_cpu_count()]


def test_open_task_seeds() -> None:
    task = TaskConfig(id="PointMass", simulator=f"{faulty.__file__}:FaultySimulator", num_envs=2)
    first, second, other = (open_task(task, seed=seed, threads=1).reset() for seed in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()


def test_importing_the_package_loads_no_engine() -> None:
    code = "import sys, tuner.simulators; print(sorted({'mujoco', 'jax', 'optuna', 'isaaclab'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_finding_simulators():
    assert find_simulator("Velocity-Flat-A1") == "mujoco"
    assert find_simulator("Pendulum-v1") == "gymnasium"
    with pytest.raises(UserError, match=r"lists a task 'Pendulum-v2'. Did you mean 'Pendulum-v1'.* --simulator"):
        find_simulator("Pendulum-v2")
