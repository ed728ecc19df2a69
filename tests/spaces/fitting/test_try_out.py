"""A space's function is run with given values, and tells what it asked for."""

import random

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tuner.config import AgentConfig, TaskConfig
from tuner.errors import UserError
from tuner.spaces import SearchSpace
from tuner.spaces.fitting._try_out import TryOut, nearest_in, random_values

TASK = TaskConfig(id="Toy", num_envs=4)


def branching(trial):
    kind = trial.suggest_categorical("kind", ["a", "b"])
    rate = trial.suggest_float("learning_rate", 1e-4, 1e-2, log=True)
    if kind == "b":
        rate *= trial.suggest_int("factor", 1, 9)
    if rate > 5e-3:
        raise optuna.TrialPruned
    return AgentConfig(algorithm="sac", arguments={"learning_rate": rate})


def try_out(function=branching):
    return TryOut(SearchSpace("toy", function), TASK)


def test_what_is_not_given_is_in_the_middle():
    tried = try_out()({"kind": "b"})
    assert tried.parameters == {"kind": "b", "learning_rate": pytest.approx(1e-3), "factor": 5}
    assert tried.ranges["factor"] == IntDistribution(1, 9)
    assert tried.traits["learning_rate"] == pytest.approx(5e-3)


def test_a_combination_that_is_given_up_has_no_agent():
    assert try_out()({"kind": "b", "learning_rate": 1e-2}).agent is None


def test_it_begins_where_there_is_an_agent():
    tried = try_out().begin({"kind": "b", "factor": 9})
    assert tried.agent is not None
    assert tried.parameters["factor"] == 9
    with pytest.raises(UserError, match=r"gives up everything with .* pinned"):
        try_out().begin({"learning_rate": 1e-2})


def test_a_space_that_fails_is_named():
    def broken(trial):
        raise ZeroDivisionError

    with pytest.raises(UserError, match="The search space 'toy' failed"):
        try_out(broken).begin({})


@pytest.mark.parametrize(
    ("among", "value", "nearest"),
    [
        (FloatDistribution(0.1, 1.0), 3, 1.0),
        (FloatDistribution(0.0, 1.0, step=0.25), 0.3, 0.25),
        (IntDistribution(1, 9), 4.6, 5),
        (IntDistribution(0, 8, step=2), 5, 4),
        (IntDistribution(1, 9), "a", None),
        (CategoricalDistribution(["a"]), "b", None),
    ],
)
def test_the_nearest_value_of_a_range(among, value, nearest):
    assert nearest_in(among, value) == nearest


def test_random_values_lie_in_their_ranges():
    tried = try_out()({"kind": "b"})
    values = random_values(tried, random.Random(0))
    assert values.keys() == {"kind", "learning_rate", "factor"}
    assert all(nearest_in(tried.ranges[name], value) == value for name, value in values.items())
