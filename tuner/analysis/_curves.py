"""The learning curves of a study over the training clock."""

from typing import Any

import optuna
import pandas as pd
from optuna.trial import FrozenTrial

from tuner.config import BudgetConfig, ObjectiveConfig
from tuner.storage import attributes, best_return_of, outcome_kind_of, ticks_of
from tuner.storage.attributes import objective_and_budget

_COLUMNS = {
    "number": "int64",
    "outcome": "object",
    "tick": "int64",
    "clock_seconds": "float64",
    "estimate": "float64",
    "low": "float64",
    "high": "float64",
    "best": "float64",
    "exploring": "float64",
    "finished": "float64",
    "env_steps": "int64",
    "updates": "int64",
}


def curves_data(study: optuna.Study) -> pd.DataFrame:
    """Return one row for each tick that a trial had, in the order of trials and ticks.

    Columns: `number` and `outcome` of the trial, and the fields of `Tick`. Scores carried forward after a trial's end
    are not part of its curve. For a trial that is running or was killed, only `best` is known. It is computed from the
    scores: the return that the score stands for, at most the target.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made it.
    """
    objective, budget = objective_and_budget(study)
    rows = [row for trial in study.get_trials(deepcopy=False) for row in _rows(trial, objective, budget)]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


def _rows(trial: FrozenTrial, objective: ObjectiveConfig, budget: BudgetConfig) -> list[dict[str, Any]]:
    common = {"number": trial.number, "outcome": outcome_kind_of(trial)}
    ticks = ticks_of(trial)
    if ticks is not None:
        return [{**common, "tick": tick.index, **tick.to_json()} for tick in ticks]
    if attributes.CENSORED in trial.user_attrs:  # complete without a tick: all its scores were carried forward
        return []
    return [
        {
            **common,
            "tick": tick,
            "clock_seconds": tick * budget.seconds / budget.ticks,
            "best": best_return_of(score, objective, budget_seconds=budget.seconds),
            "env_steps": 0,
            "updates": 0,
        }
        for tick, score in sorted(trial.intermediate_values.items())
    ]
