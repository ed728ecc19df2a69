"""`tuner studies`."""

import json

import pytest
from typer.testing import CliRunner

from tuner.cli.app import app
from tuner.config import bundled_studies, load_study


def call(*arguments):
    return CliRunner().invoke(app, ["studies", *arguments])


@pytest.mark.parametrize("entry", json.loads(call("--json").stdout)["studies"], ids=lambda entry: entry["name"])
def test_each_study_says_what_its_file_says(entry):
    study = load_study(entry["name"])
    assert entry["file"] == str(bundled_studies()[entry["name"]])
    assert (entry["task"], entry["simulator"], entry["num_envs"]) == (
        study.task.id,
        study.task.simulator,
        study.task.num_envs,
    )
    assert (entry["trials"], entry["seconds"]) == (study.budget.trials, study.budget.seconds)
    assert (entry["objective"], entry["target"]) == (study.objective.kind, study.objective.target)


def test_all_bundled_studies_are_in_the_table():
    shown = call()
    assert shown.exit_code == 0, shown.output
    titles, *rows = shown.stdout.splitlines()
    assert titles.split() == ["study", "task", "simulator", "robots", "search", "space", "target", "budget"]
    assert [row.split()[0] for row in rows] == list(bundled_studies())
    (quickstart,) = [row.split() for row in rows if row.startswith("quickstart ")]
    study = load_study("quickstart")
    budget = f"{study.budget.trials} trials of {study.budget.seconds:g} s"
    assert quickstart[1:4] == ["Cartpole", "mujoco", str(study.task.num_envs)]
    assert " ".join(quickstart[5:]) == f"{study.objective.target:g} {budget}"
