"""Trials made by hand, as the storage would have them."""

from typing import Any

import optuna
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from tuner.config import BudgetConfig, ObjectiveConfig
from tuner.records import Outcome
from tuner.storage import attributes

TIME = ObjectiveConfig(kind="time_to_return", target=15.0)
RETURN = ObjectiveConfig(kind="return_at_budget")
BUDGET = BudgetConfig(seconds=100.0, trials=4, ticks=20)


def trial(
    outcome: Outcome | None = None,
    *,
    state: TrialState = TrialState.COMPLETE,
    value: float | None = None,
    values: dict[int, float] | None = None,
    **facts: Any,
) -> FrozenTrial:
    """Return a trial that ended so, or has not ended; `facts` are further attributes."""
    if state is TrialState.COMPLETE:
        value = 100.0 if value is None else value
    record = {} if outcome is None else {attributes.RECORD: outcome.to_json()}
    made = optuna.create_trial(
        state=TrialState.RUNNING if state is TrialState.WAITING else state,
        value=value,
        params={"x": 0.5},
        distributions={"x": FloatDistribution(0, 1)},
        user_attrs={**record, **facts},
        intermediate_values=values or {},
    )
    made.state = state
    return made
