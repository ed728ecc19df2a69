"""Check the parameters that a study file pins."""

from collections.abc import Collection, Mapping

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import RandomSampler

from tuner.config import TaskConfig
from tuner.errors import UserError, unknown_name
from tuner.spaces import SearchSpace

FixedValue = bool | int | float | str | None

_TRIES = 200
"""A parameter that exists in one case out of 50 is found with a probability of 98 %."""


def check_fixed(fixed: Mapping[str, FixedValue], distributions: Mapping[str, BaseDistribution]) -> None:
    """Check pinned names and values against the search space.

    Optuna itself takes an unknown name in silence and a value out of range with a warning.

    Args:
        fixed: the `fixed` section of the study file.
        distributions: every parameter the search space can draw.

    Raises:
        UserError: for a name the space does not draw, or a value outside its range.
    """
    for name, value in fixed.items():
        if name not in distributions:
            raise unknown_name("parameter", name, distributions, where="in 'fixed'")
        if not _allowed(value, distributions[name]):
            raise UserError(
                f"fixed.{name} is {value!r}, but the search space allows {_described(distributions[name])}."
            )


def parameters_of(space: SearchSpace, task: TaskConfig, *, wanted: Collection[str] = ()) -> dict[str, BaseDistribution]:
    """Return the parameters that a search space draws, with their ranges.

    Some parameters exist only beside certain values of others. While a wanted one is missing, the space is asked again
    with random values, a fixed number of times.

    Args:
        space: the search space.
        task: what the agents are for.
        wanted: names that should be among them.

    Raises:
        UserError: if the space fails.
    """
    found = dict(space.distributions(task))
    study: optuna.Study | None = None
    for _ in range(_TRIES):
        if set(wanted) <= set(found):
            break
        study = study or optuna.create_study(sampler=RandomSampler(seed=0))
        trial = study.ask()
        try:
            space.configure(trial, task)
        except optuna.TrialPruned:
            continue  # a combination that the space gives up; what it drew until then is known all the same
        finally:
            found |= trial.distributions
    return found


def _allowed(value: FixedValue, distribution: BaseDistribution) -> bool:
    if isinstance(distribution, CategoricalDistribution):
        # True == 1 in Python, but not in a study file
        return any(
            choice == value and isinstance(choice, bool) == isinstance(value, bool) for choice in distribution.choices
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return bool(distribution._contains(distribution.to_internal_repr(value)))


def _described(distribution: BaseDistribution) -> str:
    if isinstance(distribution, CategoricalDistribution):
        return "one of " + ", ".join(repr(choice) for choice in distribution.choices)
    low, high, step = (getattr(distribution, name, None) for name in ("low", "high", "step"))
    by = f" in steps of {step}" if step is not None and step != 1 else ""
    return f"{low} to {high}{by}"
