"""Re-ranking for another machine, with numbers worked out by hand."""

import dataclasses

import optuna
import pytest
from optuna.trial import TrialState, create_trial

from tests.study.toy import Lab
from tuner.analysis import reprice
from tuner.errors import UserError
from tuner.records import Calibration, Device, Outcome, OutcomeKind
from tuner.storage import with_class_name, write_config
from tuner.storage.attributes import CALIBRATION, RECORD

TASK = {"id": "Toy", "simulator": "mujoco", "num_envs": 4, "options": {}}
HERE = Calibration(Device("Old CPU", 2), 1000.0, 100.0, task=TASK)
GPU = Calibration(Device("Xeon", 8, "H100"), 2000.0, 1000.0, task=TASK)
"""Simulates twice as fast and learns ten times as fast."""


def reached(seconds, calibration=HERE, *, clock=None, **ledger):
    outcome = Outcome(
        OutcomeKind.REACHED, reached_seconds=seconds, clock_seconds=clock or seconds, env_steps=1000, updates=400,
        ledger={"launch": 50.0, **ledger},
    )  # fmt: skip
    return outcome, calibration


def study_of(*trials, **sections):
    lab = Lab(None)
    config = lab.config(**sections)
    study = optuna.create_study(study_name=config.study)
    write_config(study, config)
    for outcome, calibration in trials:
        stored = {} if calibration is None else {CALIBRATION: with_class_name(calibration)}
        value = outcome.reached_seconds or 100.0
        attributes = {RECORD: outcome.to_json(), **stored}
        study.add_trial(create_trial(state=TrialState.COMPLETE, value=value, user_attrs=attributes))
    return study


def test_what_learns_much_gains_most_on_a_fast_learner():
    study = study_of(
        reached(20.0, simulate=18.0, act=1.0, learn=1.0),
        reached(30.0, simulate=4.0, act=6.0, learn=20.0),
    )
    first, second = reprice(study, GPU).trials
    # Trial 1: 4 / 2 + (6 + 20) / 10 = 4.6 s; trial 0: 18 / 2 + (1 + 1) / 10 = 9.2 s.
    assert (first.number, first.rank, first.new_rank, first.predicted_seconds) == (1, 2, 1, pytest.approx(4.6))
    assert (second.number, second.rank, second.new_rank, second.predicted_seconds) == (0, 1, 2, pytest.approx(9.2))
    # time' = steps * a' + updates * b'
    again = first.env_steps * first.step_seconds + first.updates * first.update_seconds
    assert again == pytest.approx(first.predicted_seconds)
    assert first.update_seconds == pytest.approx(20.0 / 10 / 400)


def test_the_same_machine_predicts_what_was_measured():
    study = study_of(reached(30.0, simulate=4.0, act=6.0, learn=20.0))
    assert reprice(study, HERE).trials[0].predicted_seconds == pytest.approx(30.0)


def test_a_trial_that_trained_on_counts_until_the_target():
    study = study_of(reached(10.0, clock=40.0, simulate=20.0, learn=20.0))
    (trial,) = reprice(study, GPU).trials
    # A quarter of the ledger: 5 / 2 + 5 / 10 = 3 s, and a quarter of the 1,000 steps and 400 updates.
    assert trial.predicted_seconds == pytest.approx(3.0)
    assert (trial.env_steps, trial.updates) == (250, 100)


def test_each_trial_is_scaled_from_its_own_device():
    study = study_of(reached(20.0, simulate=20.0), reached(12.0, GPU, simulate=12.0))
    first, second = reprice(study, GPU).trials
    assert [(t.number, t.predicted_seconds) for t in (first, second)] == [(0, 10.0), (1, 12.0)]
    assert (first.device_class, second.device_class) == (HERE.device.class_name, GPU.device.class_name)


def test_what_cannot_be_ranked_is_counted():
    missed = Outcome(OutcomeKind.EXHAUSTED, clock_seconds=100.0, ledger={"simulate": 100.0}, env_steps=9)
    unmeasured = dataclasses.replace(HERE, env_steps_per_second=None)
    study = study_of(
        reached(20.0, simulate=20.0), (missed, HERE), reached(9.0, None, simulate=9.0), reached(9.0, unmeasured),
        (dataclasses.replace(reached(9.0)[0], ledger={}), HERE),
    )  # fmt: skip
    result = reprice(study, GPU)
    assert [trial.number for trial in result.trials] == [0]
    assert result.left_out == {"did not reach the target": 1, "without a calibration": 2, "without a ledger": 1}
    assert result.to_json()["calibration"]["device"]["accelerator"] == "H100"


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (dataclasses.replace(GPU, task={**TASK, "num_envs": 8}), r"another task: num_envs 8 and not 4\. Measure it"),
        (dataclasses.replace(GPU, updates_per_second=None), "The calibration has no speeds"),
    ],
)
def test_a_calibration_that_does_not_fit(there, message):
    with pytest.raises(UserError, match=message):
        reprice(study_of(reached(20.0, simulate=20.0)), there)


def test_a_study_without_times():
    with pytest.raises(UserError, match=r"No trial of the study 'toy' .*\(without a calibration: 1\)"):
        reprice(study_of(reached(20.0, None, simulate=20.0)), GPU)
    returns = study_of(objective={"kind": "return_at_budget", "target": None})
    with pytest.raises(UserError, match="has no times to return"):
        reprice(returns, GPU)
