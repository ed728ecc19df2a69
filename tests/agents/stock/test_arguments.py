import math

import pytest

from tests.agents.small import small_config
from tuner.agents import checked_arguments, target_entropy
from tuner.agents.stock import with_schedules
from tuner.config import AgentConfig
from tuner.errors import UserError


def check(algorithm="sac", **arguments):
    return checked_arguments(AgentConfig(algorithm=algorithm, arguments=arguments), num_envs=4)


def test_arguments_pass_through_in_sbx_names():
    given = {"learning_rate": 3e-4, "gradient_steps": 8, "ent_coef": "auto_0.01", "use_sde": True}
    assert check(**given) == given


def test_whole_numbers_become_floats_where_sbx_needs_floats():
    # SBX asserts that a fixed ent_coef is a float; a study file may say 1.
    arguments = check(ent_coef=1, gamma=1)
    assert arguments == {"ent_coef": 1.0, "gamma": 1.0}
    assert isinstance(arguments["ent_coef"], float)
    assert isinstance(arguments["gamma"], float)


def test_a_linear_learning_rate_becomes_the_schedule_of_stable_baselines3():
    arguments = check(learning_rate="lin_7.3e-4", gamma=0.98)
    assert arguments == {"learning_rate": "lin_7.3e-4", "gamma": 0.98}  # exports write it as it is
    schedule = with_schedules(arguments)["learning_rate"]
    # 7.3e-4 · progress remaining
    assert [schedule(remaining) for remaining in (1.0, 0.25, 0.0)] == pytest.approx([7.3e-4, 1.825e-4, 0.0])
    assert with_schedules({"learning_rate": 3e-4}) == {"learning_rate": 3e-4}


@pytest.mark.parametrize("value", ["lin_0", "lin_-1e-3", "lin_", "lin_x", "lin_1e999", "lin_1.2.3", "cos_1e-3", "0.1"])
def test_a_text_that_is_no_schedule(value):
    with pytest.raises(UserError, match=r"'learning_rate' is '.*' but must be a number above 0, or lin_<number"):
        check(learning_rate=value)


def test_schedules_that_sbx_does_not_have():
    with pytest.raises(UserError, match="'qf_learning_rate' is 'lin_1e-3', but SBX has no schedule"):
        check(qf_learning_rate="lin_1e-3")
    with pytest.raises(UserError, match="with target_kl SBX moves the learning rate itself"):
        check("ppo", learning_rate="lin_1e-3", target_kl=0.01)


def test_train_freq_may_be_sbx_pair_with_steps():
    assert check(train_freq=[4, "step"]) == {"train_freq": 4}


def test_misspelled_argument_names_the_nearest():
    with pytest.raises(UserError, match=r"Unknown sac argument 'gradient_step'. Did you mean 'gradient_steps'\?"):
        check(gradient_step=4)


def test_argument_of_another_algorithm_is_unknown():
    with pytest.raises(UserError, match="Unknown ppo argument 'tau'"):
        check("ppo", tau=0.01)


@pytest.mark.parametrize("name", ["policy", "env", "seed", "policy_kwargs", "verbose", "device", "replay_buffer_class"])
def test_owned_argument_is_refused_with_a_reason(name):
    with pytest.raises(UserError, match=f"The sac argument '{name}' cannot be set: "):
        check(**{name: "x"})


@pytest.mark.parametrize(
    ("algorithm", "name", "value", "allowed"),
    [
        ("sac", "gamma", 1.5, "a number above 0 and at most 1"),
        ("sac", "gamma", "0.99", "a number"),
        ("sac", "gradient_steps", 0, "a whole number of at least 1, or -1"),
        ("sac", "gradient_steps", 2.0, "a whole number"),
        ("sac", "batch_size", True, "a whole number"),
        ("sac", "learning_rate", 0, "a number above 0"),
        ("sac", "learning_rate", math.inf, "a number above 0"),
        ("sac", "train_freq", [1, "episode"], "a whole number of at least 1"),
        ("sac", "ent_coef", "auto0.1", '"auto_<number above 0>"'),
        ("sac", "ent_coef", "auto_0", '"auto_<number above 0>"'),
        ("sac", "ent_coef", "auto_x", '"auto_<number above 0>"'),
        ("sac", "use_sde", 1, "true or false"),
        ("sac", "target_entropy", "automatic", "a number"),
        ("ppo", "ent_coef", "auto", "a number of at least 0"),
        ("ppo", "gae_lambda", 1.1, "at most 1"),
        ("tqc", "top_quantiles_to_drop_per_net", 25, "at most 24"),
    ],
)
def test_value_that_sbx_would_fail_on_or_misread(algorithm, name, value, allowed):
    with pytest.raises(UserError) as error:
        checked_arguments(AgentConfig.model_construct(algorithm=algorithm, arguments={name: value}), num_envs=4)
    assert f"'{name}' is {value!r}" in str(error.value)
    assert allowed in str(error.value)


def test_gradient_steps_as_many_as_environment_steps():
    assert check(gradient_steps=-1) == {"gradient_steps": -1}


def test_policy_delay_need_not_divide_gradient_steps():
    assert check(gradient_steps=3, policy_delay=2) == {"gradient_steps": 3, "policy_delay": 2}


def test_buffer_shorter_than_n_steps():
    # 12 transitions of 4 robots are 3 steps each: a 3-step return would meet its own start.
    with pytest.raises(UserError, match=r"holds 3 steps of each of the 4 robots.*Give at least 16"):
        check(buffer_size=12, n_steps=3)
    assert check(buffer_size=16, n_steps=3, batch_size=8)["buffer_size"] == 16


def test_batch_larger_than_the_buffer():
    with pytest.raises(
        UserError, match=r"batch_size of 65 is more than the buffer_size of 64, .* at most 64 or .* 65\."
    ):
        check(buffer_size=64, batch_size=65)
    with pytest.raises(UserError, match=r"batch_size of 256, sac's default, is more than the buffer_size of 64,"):
        check(buffer_size=64)
    assert check(buffer_size=64, batch_size=64)["batch_size"] == 64
    assert check(batch_size=1_000_000)["batch_size"] == 1_000_000  # SBX's default buffer holds as many


def test_single_transition_cannot_be_normalised():
    with pytest.raises(UserError, match="single transition"):
        check("ppo", batch_size=1)
    assert check("ppo", batch_size=1, normalize_advantage=False)["batch_size"] == 1


def test_target_entropy_of_a_gaussian():
    # One dimension, σ = 1: ½·ln(2πe) = 1.4189385; twelve dimensions have twelve times as much.
    assert target_entropy(1.0, 1) == pytest.approx(1.4189385)
    assert target_entropy(1.0, 12) == pytest.approx(12 * 1.4189385)
    # σ smaller by a factor e lowers it by 1 nat for each dimension.
    assert target_entropy(math.exp(-1), 12) == pytest.approx(12 * 0.4189385)


def test_target_entropy_given_twice_or_for_an_algorithm_without_one():
    with pytest.raises(UserError, match="not both"):
        checked_arguments(small_config(target_entropy_std=0.1, arguments={"target_entropy": -1.0}), num_envs=4)
    with pytest.raises(UserError, match="does not apply to td3"):
        checked_arguments(small_config("td3", target_entropy_std=0.1), num_envs=4)
