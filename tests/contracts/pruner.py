"""What every pruner must do to be named in a study file.

Derive a class named `Test…` from `PrunerContract` and say how to make the pruner:

    class TestMedian(PrunerContract):
        def make(self) -> BasePruner:
            return MedianPruner()

Studies are those of the platform: scores in seconds, minimised, a budget of `BUDGET` seconds and `TICKS` ticks.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import optuna
import pytest
from optuna.pruners import BasePruner
from optuna.trial import TrialState, create_trial

BUDGET = 100.0
TICKS = 10
NAN = math.nan


def study_of(pruner: BasePruner, *curves: Sequence[float], state: TrialState = TrialState.COMPLETE) -> optuna.Study:
    """Return a study in memory whose trials reported these scores at ticks 1, 2, …, and ended with the last."""
    study = optuna.create_study(pruner=pruner, study_name="contract")
    for curve in curves:
        values = dict(enumerate(curve, start=1))
        last = None if math.isnan(curve[-1]) or state is TrialState.FAIL else curve[-1]
        study.add_trial(
            create_trial(state=state if last is not None else TrialState.FAIL, value=last, intermediate_values=values)
        )
    return study


def pruned_at(study: optuna.Study, curve: Sequence[float]) -> int | None:
    """Report a curve to a new trial tick by tick; return the tick at which it is pruned, or None."""
    trial = study.ask()
    for tick, value in enumerate(curve, start=1):
        trial.report(value, tick)
        if trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return tick
    study.tell(trial, curve[-1])
    return None


GOOD = [150.0 - 4 * tick for tick in range(1, TICKS + 1)]
MIDDLING = [170.0 - 3 * tick for tick in range(1, TICKS + 1)]
BAD = [190.0 - tick for tick in range(1, TICKS + 1)]


class PrunerContract(ABC):
    """The suite."""

    may_prune_ties: ClassVar[bool] = False
    """Whether it may stop a trial that is exactly as good as its peers."""
    repeatable: ClassVar[bool] = True
    """Whether asking twice at the same tick gives the same answer."""

    @abstractmethod
    def make(self) -> BasePruner:
        """Return a new pruner."""

    def test_prunes_nothing_before_the_first_report(self) -> None:
        study = study_of(self.make(), *[GOOD] * 8)
        assert study.ask().should_prune() is False

    @pytest.mark.parametrize("peers", [0, 1])
    def test_needs_peers(self, peers: int) -> None:
        study = study_of(self.make(), *[GOOD] * peers)
        if peers == 0:
            assert pruned_at(study, BAD) is None
        else:
            # the second trial of a study may be stopped only for being worse than the first
            assert pruned_at(study, GOOD) is None

    @pytest.mark.parametrize("peers", [1, 3, 10, 30])
    def test_never_prunes_the_best_trial_so_far(self, peers: int) -> None:
        study = study_of(self.make(), *([MIDDLING, BAD] * peers)[:peers])
        assert pruned_at(study, GOOD) is None

    def test_never_prunes_the_first_to_reach_the_target(self) -> None:
        reaching = [*GOOD[:5], *[50.0] * (TICKS - 5)]
        study = study_of(self.make(), *[GOOD] * 20)
        assert pruned_at(study, reaching) is None

    def test_ties(self) -> None:
        study = study_of(self.make(), *[MIDDLING] * 20)
        assert self.may_prune_ties or pruned_at(study, MIDDLING) is None

    def test_is_deterministic(self) -> None:
        curves = [GOOD, MIDDLING, BAD] * 5
        verdicts = []
        for _ in range(2):
            study = study_of(self.make(), *curves)
            verdicts.append([pruned_at(study, curve) for curve in (BAD, MIDDLING, GOOD, BAD, MIDDLING)])
        assert verdicts[0] == verdicts[1]

    def test_asking_twice(self) -> None:
        study = study_of(self.make(), *[GOOD] * 20)
        trial = study.ask()
        for tick, value in enumerate(BAD, start=1):
            trial.report(value, tick)
            answers = [trial.should_prune(), trial.should_prune()]
            if answers[0]:
                break
        assert not self.repeatable or answers[0] == answers[1]

    def test_survives_nan(self) -> None:
        spoiled = [NAN, *MIDDLING[1:5], NAN, *MIDDLING[6:]]
        study = study_of(self.make(), spoiled, [NAN] * TICKS, spoiled, MIDDLING, BAD, MIDDLING, BAD)
        trial = study.ask()
        for tick in range(1, TICKS + 1):
            trial.report(NAN, tick)
            assert trial.should_prune() in (True, False)
        assert pruned_at(study, GOOD) is None

    def test_serves_a_plain_optimize_loop(self) -> None:
        def objective(trial: optuna.Trial) -> float:
            slope = trial.suggest_float("slope", 0.0, 4.0)
            for tick in range(1, TICKS + 1):
                trial.report(180.0 - slope * tick, tick)
                if trial.should_prune():
                    raise optuna.TrialPruned
            return 180.0 - slope * TICKS

        study = optuna.create_study(pruner=self.make(), sampler=optuna.samplers.RandomSampler(seed=1))
        study.optimize(objective, n_trials=25)
        assert {trial.state for trial in study.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
        steepest = max(study.trials, key=lambda trial: trial.params["slope"])
        assert study.best_trial.number == steepest.number  # curves never cross here, so the best one must survive
