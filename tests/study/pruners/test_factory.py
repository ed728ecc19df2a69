"""Pruners by name, as a study file names them."""

import warnings
from typing import Any

import optuna
import pytest
from optuna.pruners import BasePruner

from tests.contracts.pruner import BUDGET, TICKS, PrunerContract
from tuner.config import BudgetConfig, ObjectiveConfig, PrunerConfig
from tuner.errors import UserError
from tuner.study import TimeToReturnPruner, create_pruner, pruner_names

OBJECTIVE = ObjectiveConfig(kind="time_to_return", target=10.0)


def make(kind: str, /, ticks: int = TICKS, **options: Any) -> BasePruner:
    config = PrunerConfig(kind=kind, options=options)
    return create_pruner(config, objective=OBJECTIVE, budget=BudgetConfig(seconds=BUDGET, ticks=ticks))


class TestTimeToReturn(PrunerContract):
    def make(self) -> BasePruner:
        return make("time_to_return")


class TestMedian(PrunerContract):
    def make(self) -> BasePruner:
        return make("median")


class TestPercentile(PrunerContract):
    def make(self) -> BasePruner:
        return make("percentile", percentile=25.0)


class TestSuccessiveHalving(PrunerContract):
    repeatable = False  # it writes down a rung when asked, and waits for the next one from then on

    def make(self) -> BasePruner:
        return make("successive_halving")


class TestHyperband(PrunerContract):
    repeatable = False

    def make(self) -> BasePruner:
        return make("hyperband")


class TestPatientMedian(PrunerContract):
    def make(self) -> BasePruner:
        return make("patient", patience=2, wrapped_pruner={"kind": "median"})


class TestThreshold(PrunerContract):
    def make(self) -> BasePruner:
        return make("threshold", upper=195.0, n_warmup_steps=3)


class TestNone(PrunerContract):
    def make(self) -> BasePruner:
        return make("none")


def test_every_name_makes_a_pruner() -> None:
    needed: dict[str, dict[str, Any]] = {
        "percentile": {"percentile": 25.0},
        "patient": {"patience": 1, "wrapped_pruner": None},
        "threshold": {"upper": 150.0},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # nor does one warn the user of what the user did not choose
        made = {name: make(name, **needed.get(name, {})) for name in pruner_names()}
    assert all(isinstance(pruner, BasePruner) for pruner in made.values())
    assert isinstance(made["none"], optuna.pruners.NopPruner)


def test_defaults_fit_the_grid() -> None:
    # 40 ticks: a quarter is 10, a ninth is 4; 40 / 4 = 10 = 3^2.1, so Hyperband has 3 brackets
    assert vars(make("median", ticks=40))["_n_warmup_steps"] == 10
    hyperband = vars(make("hyperband", ticks=40))
    assert (hyperband["_min_resource"], hyperband["_max_resource"]) == (4, 40)
    assert vars(make("hyperband", ticks=40, min_resource=2))["_min_resource"] == 2


def test_return_at_budget_has_no_seconds_to_compare() -> None:
    objective = ObjectiveConfig(kind="return_at_budget")
    pruner = create_pruner(PrunerConfig(), objective=objective, budget=BudgetConfig(seconds=BUDGET))
    assert isinstance(pruner, TimeToReturnPruner)
    assert pruner.budget_seconds is None


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("mediann", {}, "Unknown pruner 'mediann'. Did you mean 'median'?"),
        ("wilcoxon", {}, "as if they were independent samples"),
        ("time_to_return", {"kapa": 2}, "The pruner 'time_to_return' has no option 'kapa'. Did you mean 'kappa'?"),
        ("time_to_return", {"seed": 3}, "takes its 'seed' from elsewhere in the study file"),
        ("time_to_return", {"kappa": 0.5}, "refuses its options .* kappa must be at least 1"),
        ("time_to_return", {"kappa": "much"}, "takes float as its option 'kappa', but is given 'much'"),
        ("percentile", {}, "The pruner 'percentile' needs the option 'percentile'."),
        ("percentile", {"percentile": 200}, "refuses its options"),
        ("threshold", {}, "Either lower or upper must be specified"),
        ("patient", {"patience": 1, "wrapped_pruner": "median"}, "must be like {kind: median, options: {}} or null"),
        ("patient", {"patience": 1, "wrapped_pruner": {"kind": "medan"}}, "Did you mean 'median'?"),
        ("none", {"x": 1}, "Known options: none."),
    ],
)
def test_mistakes(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message.replace("?", r"\?").replace("{", r"\{")):
        make(kind, **options)
