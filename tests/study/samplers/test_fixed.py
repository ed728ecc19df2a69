"""Pinned parameters are checked against the search space."""

from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tuner.config import AgentConfig, TaskConfig
from tuner.errors import UserError
from tuner.spaces import SearchSpace
from tuner.study.samplers import check_fixed, parameters_of

SPACE = {
    "learning_rate": FloatDistribution(1e-4, 1e-2, log=True),
    "layers": IntDistribution(1, 4),
    "width": IntDistribution(64, 512, step=64),
    "norm": CategoricalDistribution([True, False]),
    "net": CategoricalDistribution(["small", "large"]),
    "power": CategoricalDistribution([1, 2, 4]),
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("learning_rate", 1e-3),
        ("learning_rate", 1e-2),
        ("layers", 4),
        ("width", 128),
        ("norm", False),
        ("net", "small"),
    ],
)
def test_allowed(name: str, value: Any) -> None:
    assert check_fixed({name: value}, SPACE) is None


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("learning_rat", 1e-3, r"Unknown parameter 'learning_rat' in 'fixed'. Did you mean 'learning_rate'\?"),
        ("learning_rate", 0.5, "fixed.learning_rate is 0.5, but the search space allows 0.0001 to 0.01"),
        ("learning_rate", "fast", "fixed.learning_rate is 'fast'"),
        ("layers", True, "fixed.layers is True, but the search space allows 1 to 4"),
        ("width", 100, "fixed.width is 100, but the search space allows 64 to 512 in steps of 64"),
        ("norm", 1, "fixed.norm is 1, but the search space allows one of True, False"),
        ("power", True, "allows one of 1, 2, 4"),
        ("net", None, "allows one of 'small', 'large'"),
    ],
)
def test_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_fixed({name: value}, SPACE)


TASK = TaskConfig(id="Toy")


def rare(trial: optuna.Trial) -> AgentConfig:
    """Asks for `dropout` beside three of ten numbers of layers."""
    if trial.suggest_int("layers", 0, 9) >= 7:
        trial.suggest_float("dropout", 0.0, 0.5)
    return AgentConfig(algorithm="sac")


def one_in_a_thousand(trial: optuna.Trial) -> AgentConfig:
    """Asks for `rate` beside one of a thousand kinds."""
    if trial.suggest_int("kind", 0, 999) == 500:
        trial.suggest_float("rate", 0.0, 1.0)
    return AgentConfig(algorithm="sac")


def picky(trial: optuna.Trial) -> AgentConfig:
    """Gives up even numbers of layers, and asks for `width` afterwards."""
    if trial.suggest_int("layers", 0, 9) % 2 == 0:
        raise optuna.TrialPruned
    trial.suggest_int("width", 1, 8)
    return AgentConfig(algorithm="sac")


def test_parameters_that_exist_only_beside_others_are_found() -> None:
    space = SearchSpace("toy", rare)
    assert set(parameters_of(space, TASK)) == {"layers"}
    assert parameters_of(space, TASK, fixed={"dropout": 0.1})["dropout"] == FloatDistribution(0.0, 0.5)
    assert set(parameters_of(space, TASK, starts=[{"dropout": 0.1}])) == {"layers", "dropout"}
    assert set(parameters_of(space, TASK, starts=[{"dropuot": 0.1}])) == {"layers", "dropout"}
    with pytest.raises(UserError, match=r"Unknown parameter 'dropuot' in 'fixed'. Did you mean 'dropout'\?"):
        parameters_of(space, TASK, fixed={"dropuot": 0.1})


@pytest.mark.parametrize("given", [{"fixed": {"kind": 500, "rate": 0.5}}, {"starts": [{"kind": 500, "rate": 0.5}]}])
def test_a_rare_parameter_is_found_beside_the_value_given_with_it(given: Any) -> None:
    assert set(parameters_of(SearchSpace("toy", one_in_a_thousand), TASK, **given)) == {"kind", "rate"}


def test_combinations_that_the_space_gives_up_are_explored_all_the_same() -> None:
    def function(trial: optuna.Trial) -> AgentConfig:
        rare(trial)
        if trial.params["layers"] >= 7:
            raise optuna.TrialPruned
        return AgentConfig(algorithm="sac")

    space = SearchSpace("toy", lambda trial: function(trial._trial))
    assert "dropout" in parameters_of(space, TASK, starts=[{"dropout": 0.1}])


def test_what_lies_behind_a_given_up_lowest_value_is_found() -> None:
    space = SearchSpace("toy", picky)
    both = {"layers": IntDistribution(0, 9), "width": IntDistribution(1, 8)}
    assert parameters_of(space, TASK) == both
    assert parameters_of(space, TASK, fixed={"layers": 3, "width": 4}) == both
    with pytest.raises(UserError, match=r"fixed.width is 9, but the search space allows 1 to 8"):
        parameters_of(space, TASK, fixed={"width": 9})
    with pytest.raises(UserError, match=r"fixed.layers is 10, but the search space allows 0 to 9"):
        parameters_of(space, TASK, fixed={"layers": 10})


def test_pinned_values_that_leave_nothing_to_train_are_refused() -> None:
    with pytest.raises(UserError, match=r"gives up everything with \{'layers': 4\} pinned.* Pin other values"):
        parameters_of(SearchSpace("toy", picky), TASK, fixed={"layers": 4})


def test_a_space_that_trains_pinned_values_only() -> None:
    def function(trial: optuna.Trial) -> AgentConfig:
        if trial.suggest_int("seldom", 0, 10**6) != 77:
            raise optuna.TrialPruned
        trial.suggest_int("width", 1, 8)
        return AgentConfig(algorithm="sac")

    space = SearchSpace("toy", function)
    assert set(parameters_of(space, TASK, fixed={"seldom": 77, "width": 2})) == {"seldom", "width"}
    with pytest.raises(UserError, match=r"'toy' at .* gives up everything: .* Let it return an AgentConfig"):
        parameters_of(space, TASK)
