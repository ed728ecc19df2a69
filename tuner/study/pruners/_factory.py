"""Make the pruner that a study file names."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PercentilePruner,
    SuccessiveHalvingPruner,
    ThresholdPruner,
)

from tuner.config import BudgetConfig, ObjectiveConfig, PrunerConfig
from tuner.errors import UserError, unknown_name
from tuner.study._optuna_options import checked_options, without_experimental_warnings
from tuner.study.pruners._patient import PatientPruner
from tuner.study.pruners._time_to_return import TimeToReturnPruner

_OPTUNA: Mapping[str, Callable[..., BasePruner]] = {
    "median": MedianPruner,
    "percentile": PercentilePruner,
    "hyperband": HyperbandPruner,
    "successive_halving": SuccessiveHalvingPruner,
    "patient": PatientPruner,
    "threshold": ThresholdPruner,
    "nop": NopPruner,
    "none": NopPruner,
}

_WILCOXON = (
    "The pruner 'wilcoxon' compares a trial's values with the best trial's as if they were independent samples, such "
    "as scores on separate problems. The ticks of a learning curve are not, so it would stop trials at random. Use "
    "time_to_return, median or percentile."
)


def pruner_names() -> list[str]:
    """Return the names that `pruner.kind` may have."""
    return ["time_to_return", *_OPTUNA]


def create_pruner(
    config: PrunerConfig, *, objective: ObjectiveConfig, budget: BudgetConfig, seed: int = 0
) -> BasePruner:
    """Make the pruner that a study file names.

    Options are the pruner's own arguments. Where they are left out, a few of Optuna's pruners get defaults that fit a
    grid of `budget.ticks` ticks instead of Optuna's own:

    - `median`, `percentile`: `n_warmup_steps` is a quarter of the grid;
    - `hyperband`, `successive_halving`: `min_resource` is a ninth of the grid, and `max_resource` all of it, so that a
      few dozen trials still fill every bracket.

    `patient` takes the pruner it wraps as `wrapped_pruner: {kind: …, options: …}`. Values compared with a threshold are
    scores in seconds.

    Args:
        config: the `pruner` section of the study file.
        objective: what the study optimises; with `return_at_budget`, `time_to_return` prunes by its rule `behind`
        alone.
        budget: gives the time grid.
        seed: decides which trials run on as shadows.

    Raises:
        UserError: for an unknown name, an unknown or missing option, or a value the pruner refuses.
    """
    if config.kind == "wilcoxon":
        raise UserError(_WILCOXON)
    if config.kind not in pruner_names():
        raise unknown_name("pruner", config.kind, pruner_names())
    arguments: dict[str, Any] = dict(config.options)
    place = f"pruner '{config.kind}'"
    if config.kind == "time_to_return":
        grid = {
            "budget_seconds": budget.seconds if objective.kind == "time_to_return" else None,
            "ticks": budget.ticks,
            "seed": seed,
        }
        checked_options(TimeToReturnPruner, arguments, place=place, given=grid)
        return _made(TimeToReturnPruner, {**grid, **arguments}, place)
    make = _OPTUNA[config.kind]
    checked_options(make, arguments, place=place, translated={"wrapped_pruner"})
    if config.kind == "patient":
        arguments["wrapped_pruner"] = _wrapped(arguments.get("wrapped_pruner"), objective, budget, seed)
    return _made(make, {**_grid_defaults(make, budget.ticks), **arguments}, place)


def _grid_defaults(make: Callable[..., BasePruner], ticks: int) -> dict[str, Any]:
    """Return the arguments that fit the grid, as far as the pruner takes them."""
    if make is ThresholdPruner:
        return {}  # its user thinks in absolute scores, at every tick
    defaults = {"n_warmup_steps": ticks // 4, "min_resource": max(1, ticks // 9), "max_resource": ticks}
    known = inspect.signature(make).parameters
    return {name: value for name, value in defaults.items() if name in known}


def _wrapped(value: Any, objective: ObjectiveConfig, budget: BudgetConfig, seed: int) -> BasePruner | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) - {"kind", "options"} or not isinstance(value.get("kind"), str):
        raise UserError(
            f"wrapped_pruner of pruner 'patient' must be like {{kind: median, options: {{}}}} or null, "
            f"but is {value!r}."
        )
    config = PrunerConfig(kind=value["kind"], options=value.get("options") or {})
    return create_pruner(config, objective=objective, budget=budget, seed=seed)


def _made(make: Callable[..., BasePruner], arguments: dict[str, Any], place: str) -> BasePruner:
    try:
        with without_experimental_warnings():
            return make(**arguments)
    except (TypeError, ValueError) as error:
        raise UserError(f"The {place} refuses its options {arguments}: {error}") from error
