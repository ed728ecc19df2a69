"""`tuner confirm`: confirming from the outside, and how `tuner show` prints the winner."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.confirm.racing import Race
from tests.study.toy import Lab
from tuner.cli.app import app
from tuner.storage import config_of, lock_file, manager_lock
from tuner.workers._cpus import available_cpus

FAULTY = Path(__file__).resolve().parents[2] / "support" / "faulty.py"
SPACE = """
from tuner.config import AgentConfig, Network
from tuner.spaces import search_space


def small(task):
    return {"lr": 0.0005}


@search_space(warm_starts=(small,))
def space(trial):
    arguments = {"n_steps": 8, "batch_size": 32, "n_epochs": 1, "learning_rate": trial.suggest_float("lr", 1e-4, 1e-3)}
    return AgentConfig(algorithm="ppo", arguments=arguments, network=Network(pi=(8,), qf=(8,)))
"""
STUDY = f"""
study: small
task: {{id: PointMass, simulator: {FAULTY}:FaultySimulator, num_envs: 4}}
search_space: space.py:space
objective: {{target: -1000.0}}
budget: {{seconds: 1, trials: 1, ticks: 4}}
pruner: {{kind: none}}
confirm: {{top: 1, seeds: 2, reference: small}}
workers: {{count: 1, threads: 1, calibrate: false}}
"""


def call(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


def test_workers_that_share_cpus_are_told_before_they_train(race, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    confirm = ("confirm", "toy", "--storage", race.config.storage, "--workers")
    too_many = len(available_cpus()) + 1
    assert f"WARNING: {too_many} workers of 2 threads share the CPUs" in call(*confirm, too_many).stdout
    assert "share the CPUs" not in call(*confirm, 1).stdout


def test_a_confirmation_has_no_time_limit(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    race = Race(Lab(tmp_path), "steady", budget={"trials": 1, "total_seconds": 3600})
    race.run(top=1, seeds=1)
    assert call("confirm", "toy", "--storage", race.config.storage, "--top", 1, "--seeds", 1).exit_code == 0
    assert config_of(race.confirm_study).budget.total_seconds is None


def test_a_finished_confirmation_is_printed_without_training(race, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trials = len(race.confirm_study.trials)
    shown = call("confirm", "toy", "--storage", race.config.storage, "--top", 3, "--seeds", 5)
    assert shown.exit_code == 0, shown.output
    assert "Winner: trial 1, mean time to return 24.0" in shown.stdout
    data = json.loads(call("confirm", "toy", "--storage", race.config.storage, "--json").stdout)
    assert (data["winner"], data["run"]["reason"], data["finished"]) == ("trial 1", "finished", True)
    assert data["candidates"][1]["gap_seconds"] == pytest.approx(37.0)
    assert data["candidates"][-1]["number"] is None
    assert len(race.confirm_study.trials) == trials


def test_show_prints_the_winner(race):
    shown = call("show", "toy", "--storage", race.config.storage)
    assert "Winner: trial 1, mean time to return 24.0" in shown.stdout
    data = json.loads(call("show", "toy", "--storage", race.config.storage, "--json").stdout)
    assert data["confirmation"]["winner"] == "trial 1"
    assert len(data["trials"]) == 4


def test_show_of_a_study_that_was_not_confirmed(stored):
    config, _, _ = stored
    assert json.loads(call("show", "toy", "--storage", config.storage, "--json").stdout)["confirmation"] is None
    assert "Confirmed" not in call("show", "toy", "--storage", config.storage).stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["toy", "--top", "0"], "--top: '0' was given, but it must be a whole number above zero"),
        (["toy", "--seeds", "-1"], "--seeds: '-1' was given"),
        (["toy", "--workers", "many"], "--workers: 'many' was given"),
        (["toy", "--timeout", "0"], "--timeout: '0' is not a length of time to run for. It must be more than zero"),
        (
            ["toy", "--reference", ""],
            "--reference: '' was given, but it must be a warm start of the study's search space.",
        ),
        (["toyy"], "Unknown study 'toyy'. Did you mean 'toy'? Known: toy."),
        (
            ["toy", "--reference", "sbx_defualt"],
            "Unknown warm start 'sbx_defualt' of search space 'sac_speed'. Did you",
        ),
        (["a1_flat"], "The study 'a1-flat' of a1_flat has not been run yet. Run it with: tuner run a1_flat"),
    ],
)
def test_a_mistake_is_one_message_and_code_two(race, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    refused = call("confirm", *arguments, "--storage", race.config.storage)
    assert refused.exit_code == 2, refused.output
    assert f"Error: {message}" in refused.stderr
    assert "Traceback" not in refused.output


def test_a_study_that_is_being_run_is_refused(race, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with manager_lock(lock_file(race.config), "toy"):
        refused = call("confirm", "toy", "--storage", race.config.storage)
    assert refused.exit_code == 2
    assert "The study 'toy' is being run by process" in refused.stderr


def test_without_a_winner_the_command_fails(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    race = Race(Lab(tmp_path), "never")
    race.run(top=1, seeds=1)
    failed = call("confirm", "toy", "--storage", race.config.storage, "--top", 1, "--seeds", 1)
    assert failed.exit_code == 1
    assert "No trial of the study reached the target. The best by their score are confirmed all the same" in (
        failed.stdout
    )
    assert "has no confirmed winner" in failed.stderr


@pytest.mark.slow
def test_a_study_is_run_and_confirmed_by_one_command(tmp_path):
    (tmp_path / "space.py").write_text(SPACE)
    (tmp_path / "small.yaml").write_text(STUDY)

    def tuner(*arguments):
        command = [sys.executable, "-m", "tuner", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    done = tuner("run", "small.yaml", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    confirmed = data["confirmation"]
    assert confirmed["finished"]
    assert confirmed["winner"] == confirmed["candidates"][0]["label"]
    assert [len(candidate["runs"]) for candidate in confirmed["candidates"]] == [2, 2]
    assert {run["kind"] for candidate in confirmed["candidates"] for run in candidate["runs"]} == {"reached"}
    for candidate in confirmed["candidates"]:
        assert candidate["agent"]["action_box"] is not None
        for run in candidate["runs"]:
            assert (tmp_path / run["directory"] / "policy.zip").is_file()
    again = tuner("confirm", "small", "--json")
    assert again.returncode == 0, again.stderr
    assert "starts on worker" not in again.stderr
    assert json.loads(again.stdout)["candidates"] == confirmed["candidates"]
    left_out = tuner("run", "small.yaml", "--no-confirm")
    assert left_out.returncode == 0, left_out.stderr
    assert "Confirmed" not in left_out.stdout
