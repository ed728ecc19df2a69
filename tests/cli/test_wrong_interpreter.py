"""An interpreter that cannot run the simulator is the user's mistake, whatever the command."""

import sys

import pytest
from typer.testing import CliRunner

from tuner.cli.app import app

COMMANDS = {
    "run": ["run", "isaaclab_cartpole"],
    "tasks": ["tasks", "--simulator", "isaaclab"],
    "audit": ["audit", "Isaac-Cartpole", "--simulator", "isaaclab"],
    "bounds": ["bounds", "Isaac-Cartpole", "--simulator", "isaaclab", "--fraction", "0.1", "-o", "box.yaml"],
    "doctor": ["doctor", "--simulator", "isaaclab"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("python", "message"),
    [
        ("/no/such/python", "The interpreter /no/such/python cannot run the simulator: it does not exist."),
        ("/bin/true", "The interpreter /bin/true cannot run the simulator: it is no Python: it exited with code 0."),
        (sys.executable, f"{sys.executable} has no "),
    ],
    ids=["missing", "no Python", "without Isaac Lab"],
)
def test_it_is_told_once_and_nothing_is_tried_again(command, python, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TUNER_ISAACLAB_PYTHON", python)
    shown = CliRunner().invoke(app, COMMANDS[command])
    assert shown.exit_code == 2
    assert message in (shown.stdout if command == "doctor" else shown.stderr)
    assert "Traceback" not in shown.output
    assert "retry" not in shown.output
