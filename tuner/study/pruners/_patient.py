"""Another pruner, asked only about trials that have stopped improving."""

import optuna
from optuna.pruners import BasePruner, HyperbandPruner, SuccessiveHalvingPruner
from optuna.trial import FrozenTrial

from tuner.study.pruners._rule import best_score

_RUNG = "completed_rung_"
"""Begins the names under which Optuna's pruners store a trial's score at a rung, in its system attributes."""


class PatientPruner(BasePruner):
    """Stops a trial that another pruner would stop, once it has not improved for a while.

    It takes the place of `optuna.pruners.PatientPruner`, which waits for scores that get worse. The scores of this
    platform belong to the best return so far and never get worse, so that it would never stop a trial, nor ever ask the
    other pruner. Successive halving and Hyperband compare what they stored themselves when they were asked about a
    trial at a rung, so they are asked at every tick; what they said at a trial's last rung holds until the next one.

    Args:
        wrapped_pruner: the other pruner; None stops every trial that does not improve.
        patience: a trial has stopped improving when the best score of its last `patience + 1` ticks is no better than
            the best one before them.
        min_delta: by how much a score must fall to count as better; in seconds, as scores are.

    Raises:
        ValueError: if `patience` or `min_delta` is negative.
    """

    def __init__(self, wrapped_pruner: BasePruner | None, patience: int, min_delta: float = 0.0) -> None:
        if patience < 0:
            raise ValueError(f"patience must be 0 or more but got {patience}.")
        if not min_delta >= 0:
            raise ValueError(f"min_delta must be 0 or more but got {min_delta}.")
        self.wrapped_pruner = wrapped_pruner
        self._patience = patience
        self._min_delta = min_delta
        self._lost: set[int] = set()
        """Numbers of the trials that lost at their last rung."""

    def prune(self, study: optuna.study.Study, trial: FrozenTrial) -> bool:
        """Judge whether the trial should be pruned."""
        stalled = self._stalled(trial)
        if self.wrapped_pruner is None:
            return stalled
        if keeps_rungs(self.wrapped_pruner):
            return self._loses(study, trial, self.wrapped_pruner) and stalled
        return stalled and self.wrapped_pruner.prune(study, trial)

    def _stalled(self, trial: FrozenTrial) -> bool:
        scores = [trial.intermediate_values[tick] for tick in sorted(trial.intermediate_values)]
        recent = self._patience + 1
        before = best_score(scores[:-recent])
        return before < float("inf") and best_score(scores[-recent:]) >= before - self._min_delta

    def _loses(self, study: optuna.study.Study, trial: FrozenTrial, pruner: BasePruner) -> bool:
        """Ask a pruner that keeps rungs, and remember what it says at one."""
        loses = pruner.prune(study, trial)
        if _rungs(study._storage.get_trial(trial._trial_id)) > _rungs(trial):
            self._lost.discard(trial.number)
            if loses:
                self._lost.add(trial.number)
        return loses or trial.number in self._lost


def keeps_rungs(pruner: BasePruner) -> bool:
    """Return whether a pruner, or one that it wraps, compares what it stored when it was asked about a trial."""
    if isinstance(pruner, PatientPruner):
        return pruner.wrapped_pruner is not None and keeps_rungs(pruner.wrapped_pruner)
    return isinstance(pruner, HyperbandPruner | SuccessiveHalvingPruner)


def _rungs(trial: FrozenTrial) -> int:
    return sum(name.startswith(_RUNG) for name in trial.system_attrs)
