"""`tuner reprice`: measuring this machine, saving that, and ranking for it."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from tests.study import toy
from tests.study.toy import Lab, x_of
from tests.workers.trials import SIMULATOR
from tuner.cli.app import app
from tuner.records import Calibration, Device
from tuner.workers import Recording

STARTS = {"simulates": {"x": 0.3, "y": "a"}, "learns": {"x": 0.35, "y": "a"}}
"""20 s and 20 + 400 · 0.05² = 21 s to the target."""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return the study file's content: two trials, of which one spent its seconds simulating and one learning."""
    folder = tmp_path_factory.mktemp("priced")
    lab = Lab(folder)
    task = {"id": "PointMass", "simulator": SIMULATOR, "num_envs": 4}
    config = lab.config(budget={"trials": 2}, warm_start=[*STARTS], task=task)
    here = Calibration(Device("Old CPU", 1), 1000.0, 100.0, task=config.task.model_dump(mode="json"))

    def play(spec):
        played = toy.play(spec)
        account = "simulate" if x_of(spec) == 0.3 else "learn"
        outcome = replace(played.outcome, ledger={account: played.outcome.clock_seconds})
        return Recording(played.ticks, outcome, here, 3.0)

    lab.run(config, toy.space(**STARTS), recordings=play)
    return config


def run(*arguments):
    return CliRunner().invoke(app, ["reprice", "toy", *map(str, arguments)])


def saved(folder, study, steps, updates):
    file = folder / "other.json"
    task = study.task.model_dump(mode="json")
    file.write_text(json.dumps(Calibration(Device("New CPU", 8), steps, updates, True, task=task).to_json()))
    return file


def test_another_machine_from_a_file(study, tmp_path):
    file = saved(tmp_path, study, steps=1000.0, updates=1000.0)  # learns ten times as fast
    result = run("--on", file, "--storage", study.storage, "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    assert [(t["number"], t["rank"], t["new_rank"]) for t in data["trials"]] == [(1, 2, 1), (0, 1, 2)]
    assert [t["predicted_seconds"] for t in data["trials"]] == [pytest.approx(2.1), pytest.approx(20.0)]
    shown = run("--on", file, "--storage", study.storage, "--top", 1).output
    assert "toy on: New CPU, 8 threads" in shown
    assert "learns" in shown
    assert "simulates" not in shown
    assert "WARNING: other work competed" in shown
    assert "Predicted, not measured. It assumes:" in shown


def test_this_machine_is_measured_and_saved(study, tmp_path):
    file = tmp_path / "here.json"
    result = run("--calibrate", file, "--threads", 1, "--storage", study.storage)
    assert result.exit_code == 0, result.output
    assert f"Written to {file}" in result.output
    here = Calibration.from_json(json.loads(file.read_text()))
    assert here.env_steps_per_second > 0
    assert here.updates_per_second > 0
    assert (here.device.threads, here.task["id"]) == (1, "PointMass")
    ranked = run("--on", file, "--storage", study.storage)
    assert (ranked.exit_code, "1 thread" in ranked.output) == (0, True), ranked.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--on", "none.json"], "Cannot read the calibration none.json"),
        (["--on", "empty.json"], "empty.json is no calibration. Make one on the other machine"),
        (["--on", "empty.json", "--threads", "2"], "--threads goes with --on this only"),
        (["--on", "empty.json", "--calibrate", "new.json"], "--calibrate measures this machine, but --on names"),
        (["--calibrate", "empty.json"], "empty.json exists already"),
        (["--force"], "--force goes with --calibrate only"),
    ],
)
def test_mistakes(study, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.json").write_text("[]")
    result = run(*arguments, "--storage", study.storage)
    assert (result.exit_code, message in result.output) == (2, True), result.output
    assert [file.name for file in tmp_path.iterdir()] == ["empty.json"]
