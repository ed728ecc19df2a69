import math

import numpy as np
import optuna
import pytest

from tuner.config import TaskConfig
from tuner.errors import UserError
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


def test_bfloat16_is_never_drawn_where_it_cannot_be_computed():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    drawn = {True: [], False: []}
    for number in range(20):  # of one study that moves between machines
        usable = number % 2 == 0
        trial = study.ask()
        drawn[usable].append(SpaceTrial(trial, TASK).suggest_precision(bfloat16=usable))
        assert trial.params == {"bfloat16": int(drawn[usable][-1] == "bfloat16")}
        study.tell(trial, 1.0)
    assert set(drawn[True]) == {"float32", "bfloat16"}
    assert set(drawn[False]) == {"float32"}


@pytest.mark.parametrize("flags", ["avx2", "avx2 avx512_bf16"])
def test_bfloat16_is_drawn_on_machines_that_may_have_it(tmp_path, monkeypatch, flags):
    (tmp_path / "cpuinfo").write_text(f"flags : {flags}")
    monkeypatch.setattr("tuner.machine._CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    trial, space = given(bfloat16=0)
    assert space.suggest_precision() == "float32"
    assert trial.distributions["bfloat16"].high == ("avx512_bf16" in flags)


@pytest.mark.parametrize(
    ("suggest", "message"),
    [
        (lambda space: space.suggest_float("lr", 1e-4, math.inf), "'lr' is suggested from 0.0001 to inf, .* finite"),
        (lambda space: space.suggest_float("lr", math.nan, 1), "'lr' is suggested from nan to 1, .* finite"),
        (lambda space: space.suggest_float("lr", "0", 1), "'lr' is suggested from '0' to 1, .* finite numbers"),
        (lambda space: space.suggest_int("n", 1, math.inf), "'n' is suggested from 1 to inf, .* finite"),
        (lambda space: space.suggest_float("lr", 2, 1), "'lr' is suggested from 2 to 1, .* must not be above"),
        (lambda space: space.suggest_float("lr", 0, 1, log=True), "'lr' is .* 0 to 1 on a logarithmic .* above 0"),
        (lambda space: space.suggest_int("n", -1, 4, log=True), "'n' is .* -1 to 4 on a logarithmic .* above 0"),
        (lambda space: space.suggest_power_of_two("batch", 9, 8), "'log2_batch' is suggested from 9 to 8"),
        (lambda space: space.suggest_one_minus("gamma", 0, 0.1), "'one_minus_gamma' is suggested from 0 to 0.1"),
    ],
)
def test_bounds_that_cannot_be(suggest, message):
    with pytest.raises(UserError, match=message):
        suggest(given(lr=0.5, n=2, log2_batch=8, one_minus_gamma=0.05)[1])


def test_a_parameter_suggested_twice():
    _, space = given(lr=0.5, kind="a", n=2)
    assert space.suggest_float("lr", 0.1, 1.0) == space.suggest_float("lr", np.float64(0.1), 1) == 0.5
    with pytest.raises(UserError, match=r"'lr' .* twice .* from 0.1 to 1.0, then a number from 0.1 to 1.0 on a log"):
        space.suggest_float("lr", 0.1, 1.0, log=True)
    with pytest.raises(UserError, match=r"'lr' .* then a whole number from 0 to 1"):
        space.suggest_int("lr", 0, 1)
    assert space.suggest_categorical("kind", ["a", "b"]) == space.suggest_categorical("kind", ("a", "b")) == "a"
    with pytest.raises(UserError, match=r"'kind' .* one of \['a', 'b'\], then one of \['a'\]"):
        space.suggest_categorical("kind", ["a"])
