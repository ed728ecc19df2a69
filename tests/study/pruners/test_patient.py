"""Patience: another pruner is asked, or listened to, only once a trial has stopped improving."""

import math
from typing import Any

import optuna
import pytest
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, SuccessiveHalvingPruner

from tests.contracts.pruner import PrunerContract, pruned_at, study_of
from tuner.study.pruners import PatientPruner, TimeToReturnPruner, keeps_rungs

FALLING = [100.0 - 10.0 * tick for tick in range(10)]
"""100, 90, …, 10: never stops improving."""


def halving() -> BasePruner:
    """Rungs at ticks 2, 4 and 8; half of the trials pass each."""
    return SuccessiveHalvingPruner(min_resource=2, reduction_factor=2)


class TestAlone(PrunerContract):
    def make(self) -> BasePruner:
        return PatientPruner(None, patience=2)

    def test_ties(self) -> None:
        """It compares a trial with itself only."""

    def test_never_prunes_the_first_to_reach_the_target(self) -> None:
        """A trial that has reached its target is over; a score that stays the same does not improve."""


class TestAroundMedian(PrunerContract):
    def make(self) -> BasePruner:
        return PatientPruner(MedianPruner(), patience=2)


class TestAroundSuccessiveHalving(PrunerContract):
    def make(self) -> BasePruner:
        return PatientPruner(halving(), patience=2)


def rungs_of(study: optuna.Study) -> list[dict[str, float]]:
    """Return the scores that each trial has stored at its rungs."""
    kept = [trial.system_attrs for trial in study.trials]
    return [{name[-1]: value for name, value in one.items() if name.startswith("completed_rung_")} for one in kept]


@pytest.mark.parametrize(
    ("options", "curve", "tick"),
    [
        # The best of the last two scores, 90, is below the 100 before them at tick 3, and no better at tick 4.
        ({"patience": 1}, [100.0, 90.0, 90.0, 90.0], 4),
        ({"patience": 0}, [100.0, 90.0, 90.0, 90.0], 3),
        ({"patience": 2}, [100.0, 90.0, 90.0, 90.0], None),
        ({"patience": 1}, FALLING, None),
        # 96 is below 100, but not by more than 5; 94 is.
        ({"patience": 1, "min_delta": 5.0}, [100.0, 96.0, 96.0], 3),
        ({"patience": 1, "min_delta": 5.0}, [100.0, 94.0, 94.0], None),
        ({"patience": 1}, [math.nan, 90.0, math.nan, math.nan], 4),
        ({"patience": 1}, [math.nan] * 9, None),
    ],
)
def test_a_trial_that_no_longer_improves(options: dict[str, Any], curve: list[float], tick: int | None) -> None:
    assert pruned_at(study_of(PatientPruner(None, **options)), curve) == tick


def test_optunas_own_would_never_stop_a_trial_that_stands_still() -> None:
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        pruner = optuna.pruners.PatientPruner(None, patience=1)
    assert pruned_at(study_of(pruner), [100.0, *[90.0] * 20]) is None


def test_the_other_pruner_decides_whether_a_trial_that_stands_still_is_stopped() -> None:
    standing = [100.0, 95.0, 95.0, 95.0, 95.0]
    # At tick 4 it stands still; the median of the others' best is 70 there, or 97.
    median = MedianPruner(n_startup_trials=1)
    assert pruned_at(study_of(PatientPruner(median, patience=1), FALLING), standing) == 4
    assert pruned_at(study_of(PatientPruner(median, patience=1), [100.0, 99.0, 98.0, 97.0, 96.0]), standing) is None


def test_a_pruner_that_writes_its_verdict_is_not_asked_about_a_trial_that_improves() -> None:
    pruner = TimeToReturnPruner(budget_seconds=100.0, ticks=10, warmup=0.0, min_peers=1, shadow_share=0.0)
    study = study_of(PatientPruner(pruner, patience=1), *[[score + 90 for score in FALLING]] * 3)
    assert pruned_at(study, [score + 95 for score in FALLING]) is None
    assert "pruner_verdict" not in study.trials[-1].user_attrs
    assert pruned_at(study, [195.0, 190.0, 190.0, 190.0]) == 4
    assert study.trials[-1].user_attrs["pruner_verdict"]["rule"] == "behind"


def test_every_trial_leaves_its_scores_at_the_rungs() -> None:
    study = study_of(PatientPruner(halving(), patience=1))
    assert pruned_at(study, FALLING) is None
    assert pruned_at(study, [score + 90 for score in FALLING]) is None  # it loses at each, and improves all the time
    assert rungs_of(study) == [{"0": 90.0, "1": 70.0, "2": 30.0}, {"0": 180.0, "1": 160.0, "2": 120.0}]


@pytest.mark.parametrize(
    ("curve", "tick"),
    [
        # 180 loses to 90 at tick 2, and 170 to 70 at tick 4; at tick 5 the trial has stood still for two ticks.
        ([190.0, 180.0, 170.0, 170.0, 170.0], 5),
        # 180 loses at tick 2, but 60 beats 70 at tick 4; standing still, it goes on to tick 8, where it loses to 30.
        ([190.0, 180.0, 100.0, 60.0, 60.0, 60.0, 60.0, 60.0, 60.0], 8),
        # 20 beats all at each rung.
        ([20.0] * 10, None),
    ],
)
def test_what_was_said_at_a_rung_holds_until_the_next(curve: list[float], tick: int | None) -> None:
    study = study_of(PatientPruner(halving(), patience=1))
    assert pruned_at(study, FALLING) is None
    assert pruned_at(study, curve) == tick


def test_patience_around_patience_keeps_rungs_too() -> None:
    study = study_of(PatientPruner(PatientPruner(halving(), patience=1), patience=2))
    assert pruned_at(study, FALLING) is None
    assert rungs_of(study) == [{"0": 90.0, "1": 70.0, "2": 30.0}]
    # As in the first case above, but it has to stand still for three ticks.
    assert pruned_at(study, [190.0, 180.0, 170.0, 170.0, 170.0, 170.0]) == 6


@pytest.mark.parametrize(
    ("pruner", "keeps"),
    [
        (halving(), True),
        (HyperbandPruner(), True),
        (PatientPruner(HyperbandPruner(), patience=1), True),
        (PatientPruner(PatientPruner(halving(), patience=1), patience=1), True),
        (PatientPruner(MedianPruner(), patience=1), False),
        (PatientPruner(None, patience=1), False),
        (NopPruner(), False),
    ],
)
def test_which_pruners_keep_rungs(pruner: BasePruner, keeps: bool) -> None:
    assert keeps_rungs(pruner) is keeps


@pytest.mark.parametrize("options", [{"patience": -1}, {"patience": 1, "min_delta": -0.5}])
def test_options_that_cannot_be(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be 0 or more"):
        PatientPruner(None, **options)
