"""Studies that another version of this program wrote: read where that is safe, otherwise refused by name."""

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.export.test_from_study import BoxedRace
from tests.study.toy import Lab
from tuner.cli.app import app
from tuner.storage import sqlite_file
from tuner.storage.attributes import CONFIG, OUTCOME, RECORD, RUNS, SCHEMA, SCHEMA_NUMBER, SPEC, TICKS

DONE = """
study: toy
task: {{id: Toy, num_envs: 4}}
search_space: sac_speed
objective: {{target: 10}}
budget: {{seconds: 100, trials: 2, ticks: 20}}
pruner: {{kind: none}}
confirm: {{top: 2, seeds: 2}}
storage: {storage}
"""
"""The study file of the study that is tested with, all of whose trials are done."""
UNKNOWN = {"of_another_version": {"a": [1]}}
READING = [
    ("show", "toy", "--json"),
    ("show", "toy", "--csv"),
    ("show", "toy"),
    ("export", "toy", "--trial", "0", "--force", "--format", "sbx", "-o", "x.py"),
    ("export", "toy", "--force", "--format", "sbx", "-o", "x.py"),
    ("plot", "curves", "toy", "--force", "-o", "curves.html"),
    ("report", "toy", "--force", "-o", "report.html"),
]


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def race(tmp_path_factory):
    """A study of two trials, run and confirmed."""
    race = BoxedRace(Lab(tmp_path_factory.mktemp("race")), "lucky", "steady", search_space="sac_speed")
    race.run(top=2, seeds=2)
    return race


def call(race, *arguments):
    return CliRunner().invoke(app, [*map(str, arguments), "--storage", race.config.storage])


def printed(race):
    """Return what the commands print that read the study."""
    found = []
    for command in READING:
        done = call(race, *command)
        assert done.exit_code == 0, (command, done.output)
        found.append(done.output)
    return found


def rewrite(race, key, change):
    """Replace an attribute of the studies or their trials in the database itself, below Optuna."""
    with contextlib.closing(sqlite3.connect(sqlite_file(race.config.storage))) as connection, connection:
        for kind in ("study", "trial"):
            table, place = f"{kind}_user_attributes", f"{kind}_user_attribute_id"
            rows = connection.execute(f"SELECT {place}, value_json FROM {table} WHERE key = ?", (key,)).fetchall()
            for row, value in rows:
                changed = json.dumps(change(json.loads(value)))
                connection.execute(f"UPDATE {table} SET value_json = ? WHERE {place} = ?", (changed, row))


def test_what_a_version_does_not_know_changes_nothing(race):
    before = printed(race)
    evaluation = {"clock_seconds": 1.0, "mean": 2.0, **UNKNOWN}
    machine = {"cpu": "Some CPU", "cores": 2, "system": "Linux", **UNKNOWN}
    rewrite(race, TICKS, lambda ticks: {**ticks, "of_another_version": [None] * len(ticks["index"])})
    rewrite(race, SPEC, lambda spec: {**spec, **UNKNOWN, "task": {**spec["task"], **UNKNOWN}})
    rewrite(race, CONFIG, lambda config: {**config, **UNKNOWN, "budget": {**config["budget"], **UNKNOWN}})
    rewrite(race, RUNS, lambda runs: [{**run, **UNKNOWN, "owner": {**run["owner"], **UNKNOWN}} for run in runs])
    rewrite(
        race, "plan", lambda plan: {**plan, **UNKNOWN, "entrants": [{**one, **UNKNOWN} for one in plan["entrants"]]}
    )
    rewrite(
        race,
        RECORD,
        lambda record: {
            **record,
            **UNKNOWN,
            "evaluations": [evaluation],
            "details": {**record["details"], **UNKNOWN, "machine": machine},
        },
    )
    assert printed(race) == before
    again = call(race, "confirm", "toy", "--top", 2, "--seeds", 2)
    assert again.exit_code == 0, again.output
    assert "Winner: trial 1" in again.stdout


def test_what_a_version_did_not_write_yet_is_left_open(race):
    for key in (TICKS, RECORD):
        known = ("index", "clock_seconds", "kind", "reached_seconds", "clock_seconds")
        rewrite(race, key, lambda data, known=known: {name: data[name] for name in known if name in data})
    rewrite(race, RUNS, lambda runs: [{"owner": {"host": "h"}, "started_epoch_seconds": 1.0} for run in runs])
    printed(race)
    study = json.loads(call(race, "show", "toy", "--json").stdout)["study"]
    assert study["outcomes"] == {"reached": 2}
    assert study["best"]["time_to_return"] == 20.0
    assert study["wall_seconds"] == 0.0


def test_a_kind_of_outcome_that_only_another_version_knows_is_what_optuna_says(race):
    for key in (RECORD, OUTCOME):
        rewrite(race, key, lambda data: {**data, "kind": "solved"} if isinstance(data, dict) else "solved")
    printed(race)
    trials = json.loads(call(race, "show", "toy", "--json").stdout)["trials"]
    assert [trial["outcome"] for trial in trials] == ["reached", "reached"]


@pytest.mark.parametrize("number", [SCHEMA_NUMBER + 1, "2.0"])
def test_a_newer_study_is_refused_in_one_line(race, number):
    rewrite(race, SCHEMA, lambda _: number)
    Path("toy.yaml").write_text(DONE.format(storage=race.config.storage))
    for command in [*READING, ("confirm", "toy"), ("run", "./toy.yaml")]:
        refused = call(race, *command)
        assert refused.exit_code == 2
        assert refused.stderr.startswith("Error: The study 'toy' was written by a newer version of this program")
        assert f"its schema is {number}, and this version reads {SCHEMA_NUMBER}. Update this one" in refused.stderr
        assert refused.stderr.count("\n") == 1


def test_a_newer_confirmation_is_refused_in_one_line(race):
    race.confirm_study.set_user_attr(SCHEMA, SCHEMA_NUMBER + 1)
    for command in (("show", "toy"), ("confirm", "toy")):
        refused = call(race, *command)
        assert refused.exit_code == 2
        assert refused.stderr.startswith("Error: The study 'toy/confirm' was written by a newer version")
