"""Pinned parameters are checked against the search space."""

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tuner.config import AgentConfig, TaskConfig
from tuner.errors import UserError
from tuner.spaces import SearchSpace
from tuner.study.samplers import check_fixed, parameters_of
from tuner.study.samplers._fixed import FixedValue

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
def test_allowed(name: str, value: FixedValue) -> None:
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
def test_refused(name: str, value: FixedValue, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_fixed({name: value}, SPACE)


def test_parameters_that_exist_only_beside_others_are_found() -> None:
    def function(trial: optuna.Trial) -> AgentConfig:
        if trial.suggest_int("layers", 0, 9) >= 7:
            trial.suggest_float("dropout", 0.0, 0.5)
        return AgentConfig(algorithm="sac")

    space = SearchSpace("toy", function)
    task = TaskConfig(id="Toy")
    assert set(parameters_of(space, task)) == {"layers"}
    found = parameters_of(space, task, wanted=["dropout"])
    assert found["dropout"] == FloatDistribution(0.0, 0.5)
    assert set(parameters_of(space, task, wanted=["dropuot"])) == {"layers", "dropout"}


def test_combinations_that_the_space_gives_up_are_explored_all_the_same() -> None:
    def function(trial: optuna.Trial) -> AgentConfig:
        if trial.suggest_int("layers", 0, 9) >= 7:
            trial.suggest_float("dropout", 0.0, 0.5)
            raise optuna.TrialPruned
        return AgentConfig(algorithm="sac")

    assert "dropout" in parameters_of(SearchSpace("toy", function), TaskConfig(id="Toy"), wanted=["dropout"])
