"""Tasks opened in a server of their own."""

import json
import sys

import psutil
import pytest
from typer.testing import CliRunner

from tests.simulators.gymnasium.support import OWN_ENV
from tests.support import point_mass
from tuner.cli.app import app
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators import find_simulator, get_simulator, open_task
from tuner.simulators.server import ServedEnv

POINT_MASS = f"{point_mass.__file__}:PointMassSimulator"


def served(**fields):
    return TaskConfig(id="PointMass", simulator=POINT_MASS, num_envs=2, python=sys.executable, **fields)


def servers():
    mine = psutil.Process().children(recursive=True)
    return [process for process in mine if "server_side" in " ".join(process.cmdline())]


def test_closing_the_environment_ends_its_server_and_removes_the_log():
    env = open_task(served(), seed=0, threads=1)
    assert isinstance(env, ServedEnv)
    assert env.reset().shape == (2, 2)
    running = servers()
    assert len(running) == 2
    log = env._client.log.file
    assert log.is_file()
    env.close()
    assert not log.exists()
    assert psutil.wait_procs(running, timeout=10)[1] == []


def test_what_was_made_flat_there_is_known_here(tmp_path):
    (tmp_path / "own_envs.py").write_text(OWN_ENV)
    options = {"import": str(tmp_path / "own_envs.py"), "max_episode_steps": 9}
    task = TaskConfig(
        id="OwnMatrixCounter-v0", simulator="gymnasium", num_envs=2, python=sys.executable, options=options
    )
    env = open_task(task, seed=0, threads=1)
    assert env.action_space.shape == (6,)
    assert env.flattened == {"actions": "Box(-1.0, 1.0, (2, 3), float32)"}
    env.close()


def test_a_task_that_is_refused_leaves_neither_server_nor_log(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(UserError, match="Unknown option 'mass'"):
        open_task(served(options={"mass": 2}), seed=0, threads=1)
    assert servers() == []
    assert list((tmp_path / "sac-tuner" / "logs").iterdir()) == []


SLOW = f"""
import time
from {point_mass.__name__} import PointMassSimulator

class Slow(PointMassSimulator):
    def open(self, task, *, seed, threads):
        print("Compiling [4] kernels", flush=True)
        time.sleep(3.5)
        return super().open(task, seed=seed, threads=threads)
"""


LEARNING = f"""
from {point_mass.__name__} import PointMassSimulator

class Learning(PointMassSimulator):
    def open(self, task, *, seed, threads):
        env = super().open(task, seed=seed, threads=threads)
        env.restarts = False
        return env
"""


def test_a_task_that_does_not_restart_there_is_known_as_such_here(tmp_path):
    (tmp_path / "learning.py").write_text(LEARNING, encoding="utf-8")
    task = served().model_copy(update={"simulator": f"{tmp_path}/learning.py:Learning"})
    env = open_task(task, seed=0, threads=1)
    assert not env.restarts
    env.close()


def test_while_a_task_opens_it_is_said_what_the_simulator_does(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    task = served().model_copy(update={"simulator": f"{tmp_path}/slow.py:Slow"})
    said = []
    open_task(task, seed=0, threads=1, say=said.append).close()
    assert "opening the task (Compiling [4] kernels)" in said


def test_the_audit_of_a_task_that_opens_slowly_says_so_beside_its_json(tmp_path):
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    task = served().model_copy(update={"simulator": f"{tmp_path}/slow.py:Slow"}).model_dump()
    study = {"study": "mine", "task": task, "search_space": "sac_speed", "objective": {"kind": "return_at_budget"}}
    (tmp_path / "mine.yaml").write_text(json.dumps({**study, "budget": {"seconds": 1, "trials": 1}}), encoding="utf-8")
    shown = CliRunner().invoke(app, ["audit", str(tmp_path / "mine.yaml"), "--json"])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["answer"] == "box"
    assert "Waiting for the simulator: opening the task" in shown.stderr


def test_simulators_of_other_interpreters_are_not_asked_for_their_tasks_unasked(monkeypatch):
    monkeypatch.delenv("TUNER_ISAACLAB_PYTHON", raising=False)
    with pytest.raises(UserError, match="No simulator lists a task 'Isaac-Ant'"):
        find_simulator("Isaac-Ant")
    with pytest.raises(UserError, match="TUNER_ISAACLAB_PYTHON"):
        get_simulator("isaaclab").tasks()


def test_a_python_without_isaac_lab():
    task = TaskConfig(id="Isaac-Ant", simulator="isaaclab", python=sys.executable)
    with pytest.raises(UserError, match=r"has no Isaac Lab\. Give the Python of your Isaac Lab environment"):
        open_task(task, seed=0, threads=1)


def test_a_python_without_mjlab():
    task = TaskConfig(id="Go1", simulator="mjlab", python=sys.executable)
    with pytest.raises(UserError, match=r"has no mjlab\. Give the Python of your mjlab environment"):
        open_task(task, seed=0, threads=1)
