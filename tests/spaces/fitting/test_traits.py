"""Agents are compared by what their settings do, not by how they are written."""

import math

import pytest

from tuner.config import ActionBox, AgentConfig, BoxSchedule
from tuner.spaces.fitting._traits import distance, same, traits_decided_by, traits_of


def traits(num_envs=4, algorithm="sac", **changes):
    arguments = changes.pop("arguments", {})
    return traits_of(AgentConfig(algorithm=algorithm, arguments=arguments, **changes), num_envs)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"ent_coef": "auto_1.0", "gradient_steps": 1, "train_freq": 1}),
        ({"qf_learning_rate": 1e-3, "learning_rate": 1e-3}, {"learning_rate": 1e-3}),
        ({"gradient_steps": -1, "train_freq": 2}, {"gradient_steps": 8, "train_freq": 2}),  # of 4 robots
        ({"buffer_size": 1001}, {"buffer_size": 1003}),  # 250 steps of each
        ({"sde_sample_freq": 4}, {}),  # plays no part without use_sde
    ],
)
def test_the_same_in_effect(one, other):
    assert traits(arguments=one) == traits(arguments=other)


def test_defaults_in_numbers():
    found = traits()
    assert (found["initial_std"], found["action_bound_fraction"], found["ent_coef_learned"]) == (1.0, 1.0, True)
    # σ of a Gaussian whose entropy is -1: ½·ln(2πe·σ²) = -1
    assert 0.5 * math.log(2 * math.pi * math.e * found["target_entropy_std"] ** 2) == pytest.approx(-1)


def test_a_schedule_is_a_trait_of_its_own():
    found = traits(arguments={"learning_rate": "lin_1e-3"})
    assert (found["learning_rate"], found["learning_rate_schedule"]) == (1e-3, "linear")
    assert found["qf_learning_rate"] == 1e-3


def test_what_holds_several_numbers_is_compared_number_by_number():
    found = traits(action_box_schedule=BoxSchedule(start=0.1, seconds=60.0), action_box=ActionBox(low=(-1,), high=(1,)))
    assert found["action_box_schedule.start"] == 0.1
    assert found["action_box.low"] == (-1.0,)
    assert traits_decided_by("action_box_schedule", found) == [
        "action_box_schedule",
        "action_box_schedule.start",
        "action_box_schedule.seconds",
    ]
    assert set(traits_decided_by("net_arch", found)) == {"pi", "qf"}


def test_distances():
    assert distance("tau", 0.02, 0.01) == pytest.approx(math.log(2))
    # of discounts, the distance from one: 0.02 and 0.01
    assert distance("gamma", 0.98, 0.99) == pytest.approx(math.log(2))
    # 400/256 and 300/256; a layer that one of them does not have counts as one unit
    assert distance("pi", (400, 300), (256, 256)) == pytest.approx(math.log(400 / 256) + math.log(300 / 256))
    assert distance("pi", (8,), (8, 4)) == pytest.approx(math.log(4))
    assert distance("activation_fn", "relu", "elu") == 1.0
    assert distance("use_sde", True, True) == 0.0
    assert distance("ent_coef", 0.0, 0.1) > distance("ent_coef", 0.001, 0.1)
    assert distance("target_entropy", -2.0, 1.0) == 3.0
    assert same(0.1 + 0.2, 0.3)
    assert not same(True, 1.1)
