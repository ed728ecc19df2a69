"""A study in a few numbers: the result of a run, and what its listener gets after each trial."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState

from tuner.storage.attributes import UNSCORED, counts, outcome_kind_of, outcome_of

EndReason = Literal["finished", "interrupted", "time limit", "failed"]
"""Why a run ended: all trials done, a request to stop, `budget.total_seconds`, or an error."""


@dataclass(frozen=True)
class BestTrial:
    """The best trial so far."""

    number: int
    score: float
    """As Optuna has it: seconds, or minus the return for `return_at_budget`."""
    reached_seconds: float | None
    """Time to return; None when it did not reach the target."""
    best_return: float | None


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
    """None until a trial is complete."""
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
        best=best_of(finished),
        reason=reason,
        wall_seconds=wall_seconds,
        training_seconds=training_seconds,
    )


def best_of(trials: list[FrozenTrial]) -> BestTrial | None:
    """Return the complete trial with the lowest score among those with a return; None if there is none."""
    candidates = [
        trial
        for trial in trials
        if trial.state is TrialState.COMPLETE and trial.value is not None and outcome_kind_of(trial) not in UNSCORED
    ]
    if not candidates:
        return None
    best = min(candidates, key=lambda trial: (trial.value, trial.number))
    outcome = outcome_of(best)
    return BestTrial(
        number=best.number,
        score=best.value if best.value is not None else float("nan"),
        reached_seconds=outcome.reached_seconds if outcome else None,
        best_return=outcome.best_return if outcome else None,
    )
