"""A study in a few numbers: the result of a run, and what its listener gets after each trial."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState

from tuner.config import StudyConfig
from tuner.records import Outcome, OutcomeKind
from tuner.storage._device_classes import compared
from tuner.storage._score import score
from tuner.storage.attributes import UNSCORED, config_of, counts, outcome_kind_of, outcome_of

EndReason = Literal["finished", "interrupted", "time limit", "failed"]
"""Why a run ended: all trials done, a request to stop, `budget.total_seconds`, or an error."""


@dataclass(frozen=True)
class BestTrial:
    """The best trial so far."""

    number: int
    score: float
    """Seconds, or minus the return for `return_at_budget`; see `Ranked.score`."""
    reached_seconds: float | None
    """Time to return; None when it did not reach the target."""
    best_return: float | None
    pruned: bool = False
    """Whether it was stopped before it had spent its budget."""


@dataclass(frozen=True)
class StudySummary:
    """Where a study stands."""

    study: str
    trials: int
    """Trials that are planned."""
    finished: int
    """Trials that count: complete, pruned, or failed without another attempt."""
    outcomes: dict[str, int] = field(default_factory=dict)
    """The number of trials that count, by the kind of their outcome."""
    retried: int = 0
    """Trials that ended with a fault or an interruption and were queued again. They do not count."""
    best: BestTrial | None = None
    """None until a return was measured in a trial that ended; see `ranking`."""
    reason: EndReason | None = None
    """Why the run ended; None while it runs."""
    wall_seconds: float = 0.0
    """Length of this run."""
    training_seconds: float = 0.0
    """Training clocks of the trials that ended in this run, added up."""
    standing: str | None = None
    """Shown in place of the best trial for a run that does not search for one."""

    def to_json(self) -> dict[str, Any]:
        """Return the summary as a JSON-safe dictionary."""
        return asdict(self)


def summarize(
    study: optuna.Study,
    *,
    trials: int,
    reason: EndReason | None = None,
    wall_seconds: float = 0.0,
    training_seconds: float = 0.0,
) -> StudySummary:
    """Read from the storage where a study stands.

    Args:
        study: the study.
        trials: how many trials are planned.
        reason: why the run ended.
        wall_seconds: length of the run.
        training_seconds: training clocks added up over the run.
    """
    finished = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    counted = [trial for trial in finished if counts(trial)]
    return StudySummary(
        study=study.study_name,
        trials=trials,
        finished=len(counted),
        outcomes=dict(Counter(outcome_kind_of(trial) or "unknown" for trial in counted)),
        retried=len(finished) - len(counted),
        best=_best(ranking(study)),
        reason=reason,
        wall_seconds=wall_seconds,
        training_seconds=training_seconds,
    )


@dataclass(frozen=True)
class Ranked:
    """A trial with the number by which it is ranked."""

    score: float
    """Lower is better; of a pruned trial, for the return that it had reached when it was stopped."""
    trial: FrozenTrial


def ranking(study: optuna.Study) -> list[Ranked]:
    """Return the trials that can be called the best, the best first: the one rule wherever a best trial is named.

    First come trials that reached the target, the fastest first; then all others by their best return, the highest
    first, and of equals the earlier trial. So a pruned trial comes before one that spent its whole budget for less.
    Trials in which no return was measured, and those that failed or diverged, have no place. Neither have trials of
    another device class than the one that is compared, see `device_classes`: their seconds are others.

    `optuna.Study.best_trial` knows complete trials only, so where no trial has reached the target it may be another.
    """
    config = config_of(study)
    placed = []
    for trial in compared(study.get_trials(deepcopy=False)):
        value = _rank_score(trial, config)
        if value is not None:
            placed.append(Ranked(value, trial))
    return sorted(placed, key=lambda ranked: (ranked.score, ranked.trial.number))


def _rank_score(trial: FrozenTrial, config: StudyConfig | None) -> float | None:
    """Return the score that a trial is ranked by, None if it has no place."""
    outcome = outcome_of(trial)
    if outcome is not None and (outcome.kind in UNSCORED or (outcome.best_return is None and not _reached(outcome))):
        return None
    if trial.state is TrialState.COMPLETE:
        return trial.value
    if trial.state is not TrialState.PRUNED or outcome is None or config is None:
        return None
    return score(config.objective, budget_seconds=config.budget.seconds, best_return=outcome.best_return)


def _reached(outcome: Outcome) -> bool:
    return outcome.kind is OutcomeKind.REACHED


def _best(ranked: list[Ranked]) -> BestTrial | None:
    if not ranked:
        return None
    first, outcome = ranked[0], outcome_of(ranked[0].trial)
    return BestTrial(
        number=first.trial.number,
        score=first.score,
        reached_seconds=outcome.reached_seconds if outcome else None,
        best_return=outcome.best_return if outcome else None,
        pruned=first.trial.state is TrialState.PRUNED,
    )
