"""A sampler that sees the logarithms of scores, and stopped trials among those that ended."""

import math
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.search_space import intersection_search_space
from optuna.trial import FrozenTrial, TrialState, create_trial


class LogScores(BaseSampler):
    """Ask another sampler in a copy of the study, in which stopped trials ended with the last score they reported.

    Optuna's GP sampler ignores stopped trials, which are most of a study, and models scores as they are; times differ
    by factors. A stopped trial had not reached the target, so that its score is above the budget: it is penalised by
    how far it was from it, as one that ran to its end is. A trial that runs counts as the worst one, so that workers do
    not crowd one spot; Optuna's own way, the expectation over what it may be worth, takes ten times as long.

    Args:
        sampler: proposes all parameters of a trial together.
    """

    def __init__(self, sampler: BaseSampler) -> None:
        self._sampler = sampler

    def infer_relative_search_space(self, study: optuna.Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the parameters that all trials have."""
        common = intersection_search_space(study.get_trials(deepcopy=False), include_pruned=True)
        return {name: distribution for name, distribution in common.items() if not distribution.single()}

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return what the other sampler proposes for the next trial of the copy."""
        copy = optuna.create_study(direction=study.direction)
        others = [other for other in study.get_trials(deepcopy=False) if other.number != trial.number]
        scores = {other.number: math.log(other.value) for other in others if other.value is not None}
        worst = max(scores.values(), default=0.0)
        for other in others:
            if other.state == TrialState.RUNNING or other.number in scores:
                value = scores.get(other.number, worst)
                copy.add_trial(create_trial(params=other.params, distributions=other.distributions, value=value))
        copy.ask()
        return self._sampler.sample_relative(copy, copy.trials[-1], search_space)

    def sample_independent(
        self, study: optuna.Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return what the other sampler does."""
        return self._sampler.sample_independent(study, trial, param_name, param_distribution)
