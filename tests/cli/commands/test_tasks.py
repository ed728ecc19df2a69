"""`tuner tasks`."""

import json
from pathlib import Path

from typer.testing import CliRunner

from tuner.cli.app import app
from tuner.simulators import simulator_names

POINT_MASS = Path(__file__).resolve().parents[2] / "support" / "point_mass.py"


def call(*arguments):
    return CliRunner().invoke(app, ["tasks", *map(str, arguments)])


def test_every_simulator_lists_its_tasks():
    shown = call("--json")
    assert shown.exit_code == 0, shown.output
    tasks = json.loads(shown.stdout)["tasks"]
    assert {"simulator": "mujoco", "task": "Velocity-Flat-A1"} in tasks
    assert {entry["simulator"] for entry in tasks} <= set(simulator_names())


def test_one_simulators_tasks_are_a_table():
    shown = call("--simulator", "mujoco")
    assert shown.exit_code == 0, shown.output
    titles, *rows = (line.split() for line in shown.stdout.splitlines())
    assert titles == ["simulator", "task"]
    assert ["mujoco", "Cartpole"] in rows
    assert {simulator for simulator, _ in rows} == {"mujoco"}


def test_a_simulator_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.chdir(POINT_MASS.parent)
    shown = call("--simulator", "point_mass.py:PointMassSimulator", "--json")
    assert json.loads(shown.stdout)["tasks"] == [{"simulator": "point_mass.py:PointMassSimulator", "task": "PointMass"}]


def test_an_unknown_simulator_is_answered_with_the_nearest():
    refused = call("--simulator", "mujocoo")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Error: Unknown simulator 'mujocoo'. Did you mean 'mujoco'?")
