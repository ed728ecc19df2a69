"""`tuner run`, from the outside: real processes, real physics, real training."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tuner.cli.app import app
from tuner.cli.commands.run import as_overrides
from tuner.cli.options import Duration

FAULTY = Path(__file__).resolve().parents[2] / "support" / "faulty.py"
TUNER = (sys.executable, "-m", "tuner")
SMALL = ("--workers", "1", "--set", "budget.ticks=4", "--set", "warm_start=[]")


def call(*arguments):
    return CliRunner().invoke(app, ["run", *arguments])


def tuner(folder, *arguments):
    return subprocess.run([*TUNER, *arguments], cwd=folder, capture_output=True, text=True)


def test_options_become_overrides_of_the_study_file():
    url = "postgresql://me:x@host/db?a=b"
    assert as_overrides(trials=20, timeout=Duration("1h30m"), workers=2, storage=url) == [
        "budget.trials=20",
        "budget.total_seconds=5400.0",
        "workers.count=2",
        f'storage="{url}"',
    ]
    assert as_overrides(trials=None, timeout=None, workers=None, storage=None) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["quickstrat"], "Did you mean 'quickstart'?"),
        (["./missing.yaml"], "There is no study file ./missing.yaml."),
        (["quickstart", "--set", "budgget.seconds=3"], "Did you mean 'budget'?"),
        (["quickstart", "--set", "budget.seconds"], "path=value"),
        (
            ["quickstart", "--trials", "0"],
            "--trials: '0' was given where a number is needed. It must be a whole number, more than zero",
        ),
        (["quickstart", "--trials", "many"], "--trials: 'many' was given"),
        (["quickstart", "--timeout", "0"], "--timeout: '0' is no length of time to run for. It must be more than zero"),
        (["quickstart", "--workers", "-1"], "--workers: '-1' was given"),
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
    assert json.loads(failed.stdout)["outcomes"] == {"crashed": 1}


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
    assert "Stopped; the same command goes on where it was." in out
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
