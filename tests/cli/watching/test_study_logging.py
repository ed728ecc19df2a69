"""The loggers of a study file listen while a study runs."""

import csv

import pytest
from rich.console import Console

from tuner.cli.commands.run import run_watched
from tuner.config import load_study
from tuner.errors import UserError

SETTINGS = ("budget.trials=1", "budget.seconds=4", "workers.count=1", "workers.calibrate=false", "task.num_envs=16")


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Return a function that loads the study with loggers."""
    monkeypatch.chdir(tmp_path)

    def load(loggers):
        return load_study("quickstart", [*SETTINGS, f"loggers={loggers}", f"storage=sqlite:///{tmp_path}/tuner.db"])

    return load


def test_a_trials_curve_has_what_its_learner_says(study, tmp_path, capsys):
    run_watched(study("[csv, tensorboard]"), Console())
    with (tmp_path / "runs" / "quickstart" / "csv" / "trial-0000.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    last = {name: float(value) for name, value in rows[-1].items() if value}
    assert {"train/actor_loss", "train/critic_loss", "train/ent_coef", "return/estimate"} <= set(last)
    assert 0.0 <= last["train/action_saturation"] <= 1.0
    assert last["speed/env_steps_per_second"] > 0.0
    assert [float(row["clock_seconds"]) for row in rows] == pytest.approx([0.1 * k for k in range(1, 41)])
    assert "To watch the curves: tensorboard --logdir runs/quickstart/tensorboard" in capsys.readouterr().out
    assert (tmp_path / "runs" / "quickstart" / "tensorboard" / "trial-0000").is_dir()


def test_a_logger_is_named_once_and_exists(study):
    assert study("[csv, csv]").loggers == ("csv",)
    with pytest.raises(UserError, match=r"loggers.*tensorbord"):
        study("[tensorbord]")
