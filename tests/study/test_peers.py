"""Pruning among several device classes: a fast machine's trials say nothing about a slow one's."""

from collections.abc import Callable

import optuna
import pytest

from tests.study import toy
from tests.study.toy import Lab, on_devices, play
from tuner.config import StudyConfig, TrialSpec
from tuner.records import Calibration, Device
from tuner.storage import with_class_name
from tuner.storage.attributes import CALIBRATION
from tuner.study._peers import should_prune
from tuner.workers import Recording

SLOW, FAST = Calibration(Device("Old CPU", 2)), Calibration(Device("New CPU", 2))
STARTS = {"best": {"x": 0.3, "y": "a"}, "slower": {"x": 0.5, "y": "a"}}
"""20 s and 36 s to the target: the second is dominated from 1.25 · 20 = 25 s on."""


def run(recordings: Callable[[TrialSpec], Recording], **pruner: object) -> list[str]:
    lab = Lab(None)
    config: StudyConfig = lab.config(budget={"trials": 2}, warm_start=[*STARTS], pruner=pruner)
    lab.run(config, toy.space(**STARTS), recordings=recordings)
    return lab.states(config)


def apart(x: float) -> str:
    return "New CPU" if x == 0.3 else "Old CPU"


def together(x: float) -> str:
    return "Old CPU"


OURS = {"kind": "time_to_return", "options": {"shadow_share": 0.0}}


def test_within_a_class_the_slower_one_is_stopped():
    assert run(on_devices(together), **OURS) == ["COMPLETE", "PRUNED"]
    assert run(play, **OURS) == ["COMPLETE", "PRUNED"], "nothing is known of the devices"


def test_of_another_class_it_is_not():
    assert run(on_devices(apart), **OURS) == ["COMPLETE", "COMPLETE"]


@pytest.mark.parametrize(("device_of", "second"), [(together, "PRUNED"), (apart, "COMPLETE")])
def test_pruners_of_optuna_see_their_class_too(device_of, second):
    options = {"n_startup_trials": 1, "n_warmup_steps": 0}
    assert run(on_devices(device_of), kind="median", options=options) == ["COMPLETE", second]


class Counts(optuna.pruners.BasePruner):
    """Keeps how many trials it saw, and writes through the study that it got."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
        self.seen.append(len(study.get_trials(deepcopy=False)))
        study._storage.set_trial_user_attr(trial._trial_id, "seen", self.seen[-1])
        return False


def test_a_pruner_can_write_and_sees_the_rest_of_the_study():
    pruner = Counts()
    study = optuna.create_study(pruner=pruner)
    for calibration in (SLOW, FAST, FAST):
        trial = study.ask()
        trial.set_user_attr(CALIBRATION, with_class_name(calibration))
        assert not should_prune(study, trial)
    assert pruner.seen == [1, 1, 2]
    assert [trial.user_attrs["seen"] for trial in study.trials] == [1, 1, 2]
