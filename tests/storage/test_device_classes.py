"""Device classes: what is compared, and what has no place in the ranking."""

import pytest
from optuna.trial import TrialState, create_trial

from tests.study.toy import two_classes
from tuner.records import Calibration, Device
from tuner.storage import (
    calibration_of,
    comparable,
    compared,
    device_class_of,
    device_classes,
    ranking,
    summarize,
    with_class_name,
)
from tuner.storage.attributes import CALIBRATION, FINAL

SLOW = Calibration(Device("Old CPU", 2), env_steps_per_second=100.0, updates_per_second=10.0)
FAST = Calibration(Device("New CPU", 2), env_steps_per_second=400.0, updates_per_second=20.0)


def trial(calibration=None, state=TrialState.COMPLETE, **attributes):
    stored = {} if calibration is None else {CALIBRATION: with_class_name(calibration)}
    value = 1.0 if state is TrialState.COMPLETE else None
    return create_trial(state=state, value=value, user_attrs={**stored, **attributes})


@pytest.mark.parametrize(
    ("device", "name"),
    [
        (Device("AMD EPYC", 1), "AMD EPYC, 1 thread, no BF16"),
        (Device("AMD EPYC", 2, bfloat16=True), "AMD EPYC, 2 threads, BF16"),
        (Device("Xeon", 8, "NVIDIA H100", 80, 1, True), "NVIDIA H100 with Xeon, 8 threads, BF16"),
        (Device("Xeon", 8, "NVIDIA H100", 80, 2, True), "NVIDIA H100 shared by 2 with Xeon, 8 threads, BF16"),
    ],
)
def test_names(device, name):
    assert device.class_name == name


def test_the_memory_is_told_but_makes_no_class():
    one, other = (Device("Xeon", 8, "NVIDIA H100", size) for size in (10, 20))
    assert one.class_name == other.class_name


def test_a_calibration_comes_back_as_it_was_stored():
    assert calibration_of(trial(FAST)) == FAST
    assert device_class_of(trial(FAST)) == "New CPU, 2 threads, no BF16"
    assert (calibration_of(trial()), device_class_of(trial())) == (None, None)


def test_the_class_of_most_trials_is_compared():
    trials = [trial(FAST), trial(SLOW), trial(SLOW), trial()]
    first, second = device_classes(trials)
    assert (first.name, first.trials, first.compared) == (SLOW.device.class_name, 2, True)
    assert (second.name, second.trials, second.compared) == (FAST.device.class_name, 1, False)
    assert compared(trials) == [trials[1], trials[2], trials[3]], "one of unknown origin compares with all"


def test_of_equals_the_first_is_compared():
    trials = [trial(FAST), trial(SLOW), trial(SLOW, TrialState.FAIL)]  # the failed one does not count
    assert device_classes(trials)[0].name == FAST.device.class_name
    counted = [*trials, trial(SLOW, TrialState.FAIL, **{FINAL: True})]
    assert device_classes(counted)[0].name == SLOW.device.class_name


def test_without_classes_all_compare():
    trials = [trial(), trial()]
    assert device_classes(trials) == []
    assert compared(trials) == comparable(trials, None) == trials


def test_the_best_is_of_the_compared_class():
    study = two_classes()
    # 20 + 400 · 0.1² = 24 s and 20 + 400 · 0.2² = 36 s; the 20 s of trial 2 are seconds of another machine.
    assert [(ranked.trial.number, round(ranked.score, 6)) for ranked in ranking(study)] == [(1, 24.0), (0, 36.0)]
    best = summarize(study, trials=3).best
    assert best is not None
    assert best.number == 1
