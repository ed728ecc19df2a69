"""The rule of Ray Tune's ASHAScheduler on time, as a pruner of Optuna."""

import numpy as np
import optuna
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial


class AshaOnTime(BasePruner):
    """Asynchronous successive halving as `ASHAScheduler(time_attr="time_total_s")` does it, with one bracket.

    A trial is judged at its first report after each rung: it stops if it is worse than the best `1 / reduction_factor`
    of those that were recorded there before it. Rungs stand at grace_seconds · reduction_factor^k below the budget. See
    Li et al., A System for Massively Parallel Hyperparameter Tuning (2020), and `ray.tune.schedulers.async_hyperband`.

    Args:
        budget_seconds: training clock of a trial, Ray's `max_t`.
        ticks: points of the grid on which trials report.
        grace_seconds: Ray's `grace_period`.
        reduction_factor: Ray's default is 4.
    """

    def __init__(
        self, *, budget_seconds: float, ticks: int, grace_seconds: float, reduction_factor: float = 4.0
    ) -> None:
        self._seconds_per_tick = budget_seconds / ticks
        self._kept = 100.0 / reduction_factor
        self._rungs: list[tuple[float, dict[int, float]]] = []
        rung = grace_seconds
        while rung < budget_seconds:
            self._rungs.insert(0, (rung, {}))
            rung *= reduction_factor

    def prune(self, study: optuna.study.Study, trial: FrozenTrial) -> bool:
        """Judge the trial at the highest rung that it has passed, once, and record its score there."""
        step = trial.last_step
        if step is None:
            return False
        for rung, recorded in self._rungs:
            if step * self._seconds_per_tick < rung or trial.number in recorded:
                continue
            score = trial.intermediate_values[step]
            cutoff = np.nanpercentile(list(recorded.values()), self._kept) if recorded else np.inf
            recorded[trial.number] = score
            return bool(score > cutoff)
        return False
