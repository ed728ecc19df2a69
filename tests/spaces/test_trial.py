import optuna
import pytest

from tuner.config import TaskConfig
from tuner.spaces import SpaceTrial

TASK = TaskConfig(id="PointMass", num_envs=32)


def given(**parameters):
    """A trial whose parameters are given, and the space's view of it."""
    trial = optuna.trial.FixedTrial(parameters)
    return trial, SpaceTrial(trial, TASK)


def test_knows_the_task():
    _, space = given()
    assert space.num_envs == 32
    assert space.task is TASK


def test_power_of_two_is_recorded_as_its_exponent():
    trial, space = given(log2_batch_size=9)
    assert space.suggest_power_of_two("batch_size", 7, 13) == 512.0
    assert trial.distributions == {"log2_batch_size": optuna.distributions.IntDistribution(7, 13)}


def test_negative_exponents_are_fractions():
    assert given(log2_steps=-2)[1].suggest_power_of_two("steps", -3, 3) == 0.25


def test_one_minus_is_recorded_as_the_distance():
    # 1 − 0.983100250213744 is exact in binary floating point, so the number itself comes back.
    trial, space = given(one_minus_gamma=1 - 0.983100250213744)
    assert space.suggest_one_minus("gamma", 0.005, 0.05) == 0.983100250213744
    assert trial.distributions == {"one_minus_gamma": optuna.distributions.FloatDistribution(0.005, 0.05, log=True)}


def test_ordinal_is_recorded_as_an_index():
    trial, space = given(n_steps_index=2)
    assert space.suggest_ordinal("n_steps", (1, 3, 5, 8)) == 5
    assert trial.distributions == {"n_steps_index": optuna.distributions.IntDistribution(0, 3)}


def test_switch_is_recorded_as_0_or_1():
    trial, space = given(layer_norm=1)
    assert space.suggest_switch("layer_norm") is True
    assert trial.distributions == {"layer_norm": optuna.distributions.IntDistribution(0, 1)}


def test_optuna_suggestions_pass_through():
    trial, space = given(a=0.5, b=4, c="x")
    assert space.suggest_float("a", 0.1, 1.0, log=True) == 0.5
    assert space.suggest_int("b", 0, 8, step=2) == 4
    assert space.suggest_categorical("c", ["x", "y"]) == "x"
    assert trial.distributions == {
        "a": optuna.distributions.FloatDistribution(0.1, 1.0, log=True),
        "b": optuna.distributions.IntDistribution(0, 8, step=2),
        "c": optuna.distributions.CategoricalDistribution(["x", "y"]),
    }


def test_inverted_range_is_refused_by_optuna():
    with pytest.raises(ValueError, match="low"):
        given(log2_x=1)[1].suggest_power_of_two("x", 3, 1)
