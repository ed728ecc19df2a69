"""What reaches the loggers of a study, and what happens when one fails."""

import csv

import pytest

from tests.study.toy import BUDGET, TARGET, Lab
from tuner.clock import ManualClock
from tuner.loggers import StudyLogger, _writers
from tuner.loggers._study_logger import run_name, tick_values
from tuner.records import Tick
from tuner.storage import StudySummary
from tuner.workers import Recording


class Broken(_writers.CsvWriter):
    """Fails at its second row."""

    def write(self, seconds, values):
        super().write(seconds, values)
        if len(self._rows) == 2:
            raise OSError("the disk is full")


def rows(folder, run):
    with (folder / "csv" / f"{run}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def log(tmp_path):
    """Return a function that runs a study with loggers, and the messages that they gave."""

    def run(names, **sections):
        lab, messages, clock = Lab(None), [], ManualClock()
        logger = StudyLogger(names, tmp_path, "toy", clock, messages.append)
        lab.run(lab.config(budget={"trials": 3}, **sections), listener=logger, clock=clock)
        logger.close()
        return messages

    return run


def test_every_trial_has_its_curve_over_the_training_clock(log, tmp_path):
    assert log(["csv"]) == []
    assert sorted(file.stem for file in (tmp_path / "csv").iterdir()) == [
        "study",
        "trial-0000",
        "trial-0001",
        "trial-0002",
    ]
    for number in range(3):
        curve = rows(tmp_path, f"trial-{number:04d}")
        assert [float(row["clock_seconds"]) for row in curve] == [BUDGET / 20 * (k + 1) for k in range(len(curve))]
        assert float(curve[-1]["result/best_return"]) <= TARGET
        assert float(curve[-1]["return/estimate"]) == pytest.approx(float(curve[-1]["return/best"]))


def test_the_study_has_its_best_so_far_over_the_wall_clock(log, tmp_path):
    log(["csv"])
    best = rows(tmp_path, "study")
    returns = [float(row["best/return"]) for row in best]
    times = [float(row["clock_seconds"]) for row in best]
    assert returns == sorted(returns)
    assert times == sorted(times)


def test_a_logger_that_fails_is_left_out_and_the_others_go_on(log, tmp_path, monkeypatch):
    monkeypatch.setitem(_writers._WRITERS, "wandb", Broken)
    messages = log(["wandb", "tensorboard"])
    assert messages[1:] == ["The logger 'wandb' failed and is left out from now on: the disk is full"]
    assert len(list((tmp_path / "tensorboard").iterdir())) == 4
    assert len(rows(tmp_path, "trial-0000")) == 2


def test_how_to_watch_is_said_when_the_study_starts_and_not_before(tmp_path):
    told = []
    for names in (["csv"], ["tensorboard", "csv"]):
        logger = StudyLogger(names, tmp_path, "toy", ManualClock(), told.append)
        assert told == []
        logger.on_study_started(StudySummary("toy", trials=3, finished=0))
        logger.close()
    assert told == [f"To watch the curves: tensorboard --logdir {tmp_path / 'tensorboard'}"]


def test_the_numbers_of_a_tick():
    before = Tick(index=1, clock_seconds=2.0, env_steps=100, updates=10)
    metrics = {"ent_coef": 0.5, "task/speed_share": 0.75}
    tick = Tick(index=2, clock_seconds=4.0, estimate=3.0, env_steps=700, updates=30, metrics=metrics)
    assert tick_values(tick, before) == {
        "return/estimate": 3.0,
        "speed/env_steps": 700.0,
        "speed/updates": 30.0,
        "speed/env_steps_per_second": 300.0,
        "speed/updates_per_second": 10.0,
        "train/ent_coef": 0.5,
        "task/speed_share": 0.75,
    }


def test_retries_have_runs_of_their_own():
    specs = []
    lab = Lab(None)

    def play(spec) -> Recording:
        from tests.study.toy import play

        specs.append(spec)
        return play(spec)

    lab.run(lab.config(budget={"trials": 1}), recordings=play)
    (spec,) = specs
    assert run_name(spec) == "trial-0000"
    assert run_name(spec.model_copy(update={"attempt": 2})) == "trial-0000-retry-2"
