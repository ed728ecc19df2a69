"""The table of a study's trials."""

from collections.abc import Sequence
from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial

from tuner.analysis._task_metrics import TaskMetrics, task_metrics
from tuner.clock import ACCOUNTS
from tuner.config import BudgetConfig, ObjectiveConfig
from tuner.records import Milestone, OutcomeKind, milestones_of
from tuner.storage import (
    attributes,
    best_return_of,
    counts,
    device_class_of,
    outcome_kind_of,
    outcome_of,
    ranking,
    ticks_of,
)
from tuner.storage.attributes import objective_and_budget


def trials_data(study: optuna.Study) -> pd.DataFrame:
    """Return one row for each trial, in the order of their numbers.

    Columns:

    - `number`; `state`: Optuna's; `outcome`: see `OutcomeKind`, missing while it is running or waiting; `rule`: of a
      pruned trial; `counts`: whether it counts toward `budget.trials`;
    - `time_to_return`: seconds; NaN where the target was not reached; `censored`: True where it is then only known to
      exceed `clock_seconds`, the training clock at the trial's end;
    - `milestones.*`: seconds until each milestone of the objective; NaN where it was not reached;
    - `final_return`, `best_return`; `score`: as Optuna has it, of complete and pruned trials; `rank`: 1 for the best
      trial, missing for those that cannot be called the best, see `tuner.storage.ranking`;
    - `metrics.*`: what the task measured last of the policy, and `failed`: the share of that evaluation's episodes
      which ended by failure; see `task_metrics`;
    - `params.*`: the parameters; `ledger.*`: seconds by account;
    - `device_class`: what it ran on, see `tuner.storage.device_classes`; missing where that was not recorded;
    - `env_steps`, `updates`, `attempt`, `retry_of`, `warm_start`, `contended`; `shadow`: the rule that would have
      stopped a trial that was allowed to continue, and `shadow_tick`, when; `message`: what happened; `traceback`: of a
      trial that crashed, with what the log of its worker adds.

    Missing values are NaN, or NA for whole numbers; test for them with `isna()`. While a trial is running,
    `clock_seconds` and `best_return` are those of its last tick.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made it.
    """
    objective, budget = objective_and_budget(study)
    trials = study.get_trials(deepcopy=False)
    parameters = sorted({name for trial in trials for name in trial.params})
    ranks = {ranked.trial.number: place for place, ranked in enumerate(ranking(study), start=1)}
    rows = [{**_row(trial, parameters, objective, budget), "rank": ranks.get(trial.number)} for trial in trials]
    metrics = sorted({name for row in rows for name in row if name.startswith(_METRIC)})
    milestones = [f"{_MILESTONE}{label}" for label in _milestone_labels(trials, objective)]
    columns = _row_names(parameters, milestones, metrics)
    numbers = dict.fromkeys((*milestones, *metrics), "float64")
    types = {name: kind for name, kind in _TYPES.items() if name in columns} | numbers
    return pd.DataFrame(rows, columns=columns).astype(types)


def milestone_columns(trials: pd.DataFrame) -> dict[str, str]:
    """Return the columns of `trials_data` that hold times to milestones, by the milestone as text, in rising order."""
    names = [name for name in trials.columns if name.startswith(_MILESTONE)]
    return {name.removeprefix(_MILESTONE): name for name in names}


_MILESTONE = "milestones."
_METRIC = "metrics."


_TYPES = {
    "number": "int64",
    "counts": "bool",
    "censored": "bool",
    "contended": "bool",
    "attempt": "int64",
    "rank": "Int64",
    "retry_of": "Int64",
    "shadow_tick": "Int64",
    "env_steps": "int64",
    "updates": "int64",
    "time_to_return": "float64",
    "clock_seconds": "float64",
    "final_return": "float64",
    "best_return": "float64",
    "score": "float64",
    "failed": "float64",
    **{f"ledger.{account}": "float64" for account in ACCOUNTS},
}

_LEADING = ("number", "state", "outcome", "rule", "counts", "time_to_return", "censored", "clock_seconds")
_RETURNS = ("final_return", "best_return", "score", "rank")
_TRAILING = (
    "device_class",
    "env_steps",
    "updates",
    "attempt",
    "retry_of",
    "warm_start",
    "contended",
    "shadow",
    "shadow_tick",
    "message",
    "traceback",
)


def _milestone_labels(trials: Sequence[FrozenTrial], objective: ObjectiveConfig) -> list[str]:
    """Return the milestones of the objective and of all trials, which may have had others, in rising order."""
    recorded = [milestone for trial in trials for milestone in milestones_of(outcome_of(trial))]
    found = {Milestone(goal, None).label: goal for goal in objective.milestones}
    found |= {milestone.label: milestone.goal for milestone in recorded}
    return sorted(found, key=lambda label: found[label])


def _row_names(parameters: list[str], milestones: list[str], metrics: list[str]) -> list[str]:
    names = [f"params.{name}" for name in parameters]
    ledger = [f"ledger.{account}" for account in ACCOUNTS]
    return [*_LEADING, *milestones, *_RETURNS, *metrics, "failed", *names, *ledger, *_TRAILING]


def _measured(metrics: TaskMetrics | None) -> dict[str, float | None]:
    if metrics is None:
        return {}
    return {f"{_METRIC}{name}": value for name, value in metrics.values.items()} | {"failed": metrics.failed}


def _row(trial: FrozenTrial, parameters: list[str], objective: ObjectiveConfig, budget: BudgetConfig) -> dict[str, Any]:
    outcome = outcome_of(trial)
    shadow = trial.user_attrs.get(attributes.SHADOW, {})
    row: dict[str, Any] = {
        "number": trial.number,
        "state": trial.state.name,
        "outcome": outcome_kind_of(trial),
        "counts": counts(trial),
        "score": trial.value,
        "attempt": trial.user_attrs.get(attributes.ATTEMPT, 0),
        "retry_of": trial.user_attrs.get(attributes.RETRY_OF),
        "warm_start": trial.user_attrs.get(attributes.WARM_START),
        "device_class": device_class_of(trial),
        "shadow": shadow.get("rule"),
        "shadow_tick": shadow.get("tick"),
        **{f"params.{name}": trial.params.get(name) for name in parameters},
        **_measured(task_metrics(outcome, ticks_of(trial) or [])),
    }
    if outcome is None:
        return {**row, **_so_far(trial, objective, budget)}
    reached = outcome.kind is OutcomeKind.REACHED
    return {
        **row,
        "rule": outcome.rule,
        "time_to_return": outcome.reached_seconds if reached else None,
        "censored": not reached and objective.kind == "time_to_return",
        "clock_seconds": outcome.clock_seconds,
        "final_return": outcome.final_return,
        "best_return": outcome.best_return,
        "env_steps": outcome.env_steps,
        "updates": outcome.updates,
        "contended": outcome.contended,
        "message": outcome.message or None,
        "traceback": outcome.details.get("traceback"),
        **{f"{_MILESTONE}{each.label}": each.reached_seconds for each in milestones_of(outcome)},
        **{f"ledger.{account}": outcome.ledger.get(account) for account in ACCOUNTS},
    }


def _so_far(trial: FrozenTrial, objective: ObjectiveConfig, budget: BudgetConfig) -> dict[str, Any]:
    """Return the values of a running trial at its last tick; zeros for a trial that is waiting."""
    last = trial.last_step or 0
    best = trial.intermediate_values.get(last)
    return {
        "censored": False,
        "contended": False,
        "env_steps": 0,
        "updates": 0,
        "clock_seconds": last * budget.seconds / budget.ticks,
        "best_return": None if best is None else best_return_of(best, objective, budget_seconds=budget.seconds),
    }
