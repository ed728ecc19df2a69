"""`tuner run`, from the outside: real processes, real physics, real training."""

import io
import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.confirm.racing import Race
from tests.study.toy import Lab
from tuner.cli.app import app
from tuner.cli.commands.run import _confirm, as_overrides
from tuner.cli.options import Duration, Workers
from tuner.cli.printing.next_command import RunCommand
from tuner.config import ConfirmConfig
from tuner.spaces import load_space
from tuner.storage import StudySummary, lock_file, manager_lock

FAULTY = Path(__file__).resolve().parents[2] / "support" / "faulty.py"
TUNER = (sys.executable, "-m", "tuner")
SMALL = ("--workers", "1", "--set", "budget.ticks=4", "--set", "warm_start=[]", "--set", "workers.calibrate=false")


def call(*arguments):
    return CliRunner().invoke(app, ["run", *arguments])


def tuner(folder, *arguments):
    return subprocess.run([*TUNER, *arguments], cwd=folder, capture_output=True, text=True)


def test_options_become_overrides_of_the_study_file():
    url = "postgresql://me:x@host/db?a=b"
    assert as_overrides(trials=20, timeout=Duration("1h30m"), workers=Workers("2"), storage=url) == [
        "budget.trials=20",
        "budget.total_seconds=5400.0",
        "workers.count=2",
        f'storage="{url}"',
    ]
    assert as_overrides(trials=None, timeout=None, workers=None, storage=None) == []
    elsewhere = as_overrides(trials=None, timeout=None, workers=Workers("ray://head:10001"), storage=None)
    assert elsewhere == ['workers.kind="ray"', 'workers.address="ray://head:10001"']


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["quickstrat"], "Did you mean 'quickstart'?"),
        (["./missing.yaml"], "There is no study file ./missing.yaml."),
        (["quickstart", "--set", "budgget.seconds=3"], "Did you mean 'budget'?"),
        (["quickstart", "--set", "budget.seconds"], "path=value"),
        (
            ["quickstart", "--trials", "0"],
            "--trials: '0' was given, but it must be a whole number above zero",
        ),
        (["quickstart", "--trials", "many"], "--trials: 'many' was given"),
        (
            ["quickstart", "--timeout", "0"],
            "--timeout: '0' is not a length of time to run for. It must be more than zero",
        ),
        (["quickstart", "--workers", "-1"], "--workers: '-1' was given"),
        (["quickstart", "--workers", "ray://head"], "'ray://head' must be auto, local, ray://host:10001 or host:6379"),
        (["quickstart", "--workers", "ray://127.0.0.1:1"], "No Ray cluster answers at ray://127.0.0.1:1: "),
        (["quickstart", "--timeout", "soon"], "'soon' is not a duration"),
        (["quickstart", "--set", "search_space=sac_sped"], "Did you mean 'sac_speed'?"),
        (["quickstart", "--set", "sampler.kind=tpee"], "Did you mean 'tpe'?"),
        (["quickstart", "--storage", "nonsense"], "nonsense"),
    ],
)
def test_a_mistake_is_one_message_and_code_two(tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    refused = call(*arguments)
    assert refused.exit_code == 2, refused.output
    assert refused.stderr.startswith("Error: ")
    assert message in refused.stderr
    assert "Traceback" not in refused.output


def test_trials_that_never_end_well_exit_with_one(tmp_path):
    crash = ("--set", f"task.simulator={FAULTY}:FaultySimulator", "--set", "task.options.fault=open_raise")
    rest = ("--set", "task.id=PointMass", "--set", "workers.retries=0", "--trials", "1")
    failed = tuner(tmp_path, "run", "quickstart", *SMALL, *crash, *rest, "--json")
    assert failed.returncode == 1, failed.stderr
    assert "No trial finished" in failed.stderr
    error = failed.stderr[failed.stderr.index("Error: ") :]
    assert f'  File "{FAULTY}", line ' in error
    assert '    raise RuntimeError("the simulator failed on purpose")' in error
    assert "--trial 0` shows all that is known of it" in error
    assert json.loads(failed.stdout)["outcomes"] == {"crashed": 1}


DONE = """
study: toy
task: {{id: Toy, num_envs: 4}}
search_space: sac_speed
objective: {{target: 10}}
budget: {{seconds: 100, trials: 1, ticks: 20}}
pruner: {{kind: none}}
confirm: {{top: 1, seeds: 1}}
storage: {storage}
"""


def test_a_run_whose_confirmation_fails_tells_what_it_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    race = Race(Lab(tmp_path), "steady", search_space="sac_speed")
    race.run(top=1, seeds=1)
    (tmp_path / "toy.yaml").write_text(DONE.format(storage=race.config.storage))
    facts = race.study.user_attrs["fingerprint"]
    mine = {**facts, "search_space source": load_space("sac_speed").source_hash}
    race.study.set_user_attr("fingerprint", mine)
    race.confirm_study.set_user_attr("fingerprint", {**mine, "task.num_envs": 8})
    failed = call("toy.yaml")
    assert failed.exit_code == 2
    assert "What was confirmed of the study 'toy' no longer belongs to it" in failed.stderr
    assert "Best: trial 0 reached the target in 24.0 s." in failed.stdout
    data = json.loads(call("toy.yaml", "--json").stdout)
    assert (data["finished"], data["confirmation"]) == (1, None)


@pytest.mark.parametrize(
    ("best", "reason", "told"),
    [
        (True, "time limit", "Not confirmed: the study has not finished. `tuner confirm toy.yaml` confirms"),
        (False, "finished", "Not confirmed: no trial finished."),
        (True, "interrupted", ""),
    ],
)
def test_a_run_that_did_not_finish_is_not_confirmed(stored, best, reason, told):
    config, summary, _ = stored
    config = config.model_copy(update={"confirm": ConfirmConfig()})
    ended = replace(summary, reason=reason) if best else StudySummary(study="toy", trials=2, finished=2, reason=reason)
    out = Console(width=160, color_system=None, file=io.StringIO(), record=True)
    assert _confirm(config, RunCommand("toy.yaml"), ended, out) is None
    shown = out.export_text()
    assert shown.startswith(told) if told else shown == ""


@pytest.mark.slow
def test_ctrl_c_stops_in_order_and_the_same_command_goes_on(tmp_path, monkeypatch):
    command = [*TUNER, "run", "quickstart", *SMALL, "--trials", "1", "--set", "budget.seconds=1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            if "Trial 0 starts on worker 0." in line:
                break
        running.send_signal(signal.SIGINT)
        out, errors = running.communicate(timeout=120)
    assert running.returncode == 130, errors
    assert "Stopping: running trials are recorded as interrupted" in out
    assert "Stopped. The same command continues where it stopped." in out
    assert "Traceback" not in errors

    resumed = tuner(tmp_path, *command[len(TUNER) :], "--json")
    assert resumed.returncode == 0, resumed.stderr
    assert "Trial 1 starts on worker 0." in resumed.stderr
    study = json.loads(resumed.stdout)
    assert (study["finished"], study["retried"], study["run"]["reason"]) == (1, 1, "finished")

    monkeypatch.chdir(tmp_path)
    shown = json.loads(CliRunner().invoke(app, ["show", "quickstart", "--json"]).stdout)
    first, second = shown["trials"]
    assert first["outcome"] == "interrupted"
    assert second["retry_of"] == 0
    assert first["params"] == second["params"], "the interrupted trial was queued again as it was"


def test_who_finds_the_study_being_confirmed_leaves_it_to_the_other(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lab = Lab(tmp_path)
    config = lab.config(budget={"trials": 2}, confirm={"top": 1, "seeds": 1})
    summary, out = lab.run(config), Console(record=True, width=500)
    with manager_lock(lock_file(config), config.study):
        assert _confirm(config, RunCommand("toy.yaml", []), summary, out) is None
    assert "Not confirmed here. The study 'toy' is being run by process" in out.export_text()
