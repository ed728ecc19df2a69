"""`tuner replay` from the outside."""

import json

import pytest
from typer.testing import CliRunner

from tests.replay.recorded import DISTRIBUTIONS, FACTS, family, run, study
from tests.study.toy import Lab, space
from tuner.cli.app import app
from tuner.replay import RecordingsFile


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = RecordingsFile(tmp_path / "curves.jsonl", study(), FACTS, DISTRIBUTIONS)
    for each in family(20):
        file.append(each)
    return file


def call(*arguments):
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


def data_of(*arguments):
    answer = call(*arguments, "--json")
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_arms_are_compared_on_a_file(path):
    arms = ("--arm", "ours=", "--arm", "median=median", "--arm", "all=none")
    data = data_of("curves.jsonl", *arms, "--repeats", 10, "--workers", 2)
    assert (data["runs"], data["trials"], data["workers"]) == (20, 20, 2)
    ours, _, everything = data["arms"]
    assert ours["against_first"] is None
    assert everything["false_prunes"] is None
    assert ours["wall_seconds"]["value"] < everything["wall_seconds"]["value"]
    assert data == data_of("curves.jsonl", *arms, "--repeats", 10, "--workers", 2)
    assert data != data_of("curves.jsonl", *arms, "--repeats", 10, "--workers", 2, "--seed", 1)


def test_a_study_is_replayed_from_its_storage(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = Lab(tmp_path)
    config = lab.config(pruner={"kind": "time_to_return", "options": {"shadow_share": 0.0}})
    lab.run(config, space())
    answer = call("toy", "--storage", config.storage, "--repeats", 5)
    assert answer.exit_code == 0, answer.output
    assert "12 recorded runs of 12 configurations on Toy" in answer.stdout
    assert "had been stopped by a pruner" in answer.stdout
    rows = [line.split()[0] for line in answer.stdout.splitlines() if line]
    assert {"the", "median", "none"} <= set(rows)


def test_a_sampler_is_replayed_with_its_error(path):
    answer = call("curves.jsonl", "--arm", "near=none,sampler=local", "--repeats", 2)
    assert answer.exit_code == 0, answer.output
    assert "Samplers were replayed on a model of the recorded configurations" in answer.stdout


def test_the_comparison_is_drawn(path, tmp_path):
    answer = call("curves.jsonl", "--repeats", 3, "-o", "replay.html")
    assert answer.exit_code == 0, answer.output
    assert "the best configuration found so far" in (tmp_path / "replay.html").read_text()
    again = call("curves.jsonl", "--repeats", 3, "-o", "replay.html")
    assert again.exit_code == 2
    assert "exists already" in again.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.jsonl",), "none.jsonl cannot be read"),
        (("curves.jsonl", "--trials", 21), "A study of 21 trials needs as many recorded configurations"),
        (("curves.jsonl", "--trials", 5, "--arm", "a=median"), "stops no trial before 5 others have ended"),
        (("curves.jsonl", "--arm", "median"), "must be NAME=PRUNER"),
        (("curves.jsonl", "--arm", "a=none", "--arm", "a=median"), "is given twice"),
    ],
)
def test_bad_input_is_named(path, arguments, message):
    answer = call(*arguments)
    assert answer.exit_code == 2
    assert message in " ".join(answer.output.split())
    assert "Traceback" not in answer.output


def test_without_arms_those_are_compared_for_which_there_are_trials_enough(path):
    few = json.loads(call("curves.jsonl", "--trials", 5, "--repeats", 2, "--json").stdout)
    more = json.loads(call("curves.jsonl", "--trials", 6, "--repeats", 2, "--json").stdout)
    assert [arm["arm"] for arm in few["arms"]] == ["the study's", "none"]
    assert [arm["arm"] for arm in more["arms"]] == ["the study's", "median", "none"]


def test_curves_of_another_task_are_refused(path, tmp_path):
    other = RecordingsFile(tmp_path / "other.jsonl", study(), {**FACTS, "task.id": "Other"}, DISTRIBUTIONS)
    other.append(run("a", [1.0]))
    answer = call("curves.jsonl", "other.jsonl")
    assert answer.exit_code == 2
    assert "were recorded for something else" in answer.output
