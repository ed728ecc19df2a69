"""`tuner doctor`: each check, and what it says to do."""

import json
import re
import sys

import pytest
from typer.testing import CliRunner

from tests.simulators.server.isaac_sim import installed
from tests.support import faulty
from tuner.cli.app import app

FAULTY = f"{faulty.__file__}:FaultySimulator"


def call(*arguments):
    return CliRunner().invoke(app, ["doctor", *arguments])


def checks(*arguments):
    """Return exit code and checks by name."""
    shown = call(*arguments, "--json")
    found = json.loads(shown.stdout)
    assert found["ok"] == (shown.exit_code == 0)
    return shown.exit_code, {check["check"]: check for check in found["checks"]}


def test_a_healthy_machine():
    shown = call("--num-envs", "4")
    assert shown.exit_code == 0
    lines = shown.stdout.splitlines()
    assert [line.split(":")[0].split()[1] for line in lines] == [
        "Python",
        "machine",
        "learning",
        "interpreter",
        "launch",
        "step",
    ]
    assert all(line.startswith("ok ") for line in lines)
    assert "launch: Cartpole with 4 robots after" in shown.stdout


def test_a_simulator_in_an_interpreter_of_its_own():
    code, found = checks("--num-envs", "2", "--python", sys.executable)
    assert code == 0
    assert found["interpreter"]["text"] == sys.executable
    assert found["server"]["text"].endswith("µs for a message there and back")


def test_what_is_missing_is_named_and_the_rest_left_out(monkeypatch):
    monkeypatch.delenv("TUNER_ISAACLAB_PYTHON", raising=False)
    code, found = checks("--simulator", "isaaclab")
    assert code == 2
    assert "TUNER_ISAACLAB_PYTHON" in found["interpreter"]["text"]
    assert "launch" not in found
    code, found = checks("--simulator", "isaaclab", "--python", sys.executable)
    assert code == 2
    assert found["interpreter"]["text"].startswith(f"{sys.executable} has no package 'isaaclab'.")


def test_isaac_lab_2_is_tried_on_its_own_task_in_isaac_sim(monkeypatch, tmp_path):
    for name, value in installed(tmp_path).items():
        monkeypatch.setenv(name, value)
    code, found = checks("--simulator", "isaaclab", "--python", sys.executable, "--num-envs", "2", "--device", "cpu")
    assert code == 0
    assert found["interpreter"]["text"] == f"{sys.executable} with isaaclab 2.3.2.post1"
    assert "Isaac-Cartpole-v0 with 2 robots after" in found["launch"]["text"]
    assert "physics physx, device cpu" in found["launch"]["text"]
    assert "Isaac Sim 5.1.0.0" in found["launch"]["text"]
    assert found["step"]["ok"]


def test_the_licence_of_isaac_sim_is_the_users_to_accept(monkeypatch, tmp_path):
    for name, value in installed(tmp_path, misdeed="launching: asks").items():
        monkeypatch.setenv(name, value)
    code, found = checks("--simulator", "isaaclab", "--python", sys.executable, "--device", "cpu")
    assert code == 1
    assert "whether you accept its licence (EULA), which only you can do" in found["launch"]["text"]


def test_an_unknown_task_is_told_as_the_simulator_tells_it():
    code, found = checks("--simulator", "mujoco", "--task", "Cartpol")
    assert code == 1
    assert "Did you mean 'Cartpole'?" in found["launch"]["text"]


def test_a_simulator_of_the_users_own():
    code, found = checks("--simulator", FAULTY, "--task", "PointMass", "--num-envs", "2")
    assert code == 0
    assert found["step"]["ok"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--simulator", FAULTY), r"Name a task of the simulator '.*' to try: --task TASK"),
        (("--simulator", "mojuco"), r"Unknown simulator 'mojuco'\. Did you mean 'mujoco'\?"),
        (("--device", "cpu"), "--device goes with --simulator isaaclab or mjlab only"),
        (("--num-envs", "0"), "--num-envs"),
    ],
)
def test_mistakes_are_one_message(arguments, message):
    shown = call(*arguments)
    assert shown.exit_code == 2
    assert shown.stdout == ""
    assert re.search(message, shown.stderr)
