"""Agent configurations: where their action box comes from, and what contradicts itself."""

import json
import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tuner.config import ActionBox, AgentConfig, Algorithm, Network, linear_start
from tuner.errors import UserError


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        ((-1.0,), (1.0, 1.0), "low has 1 dimensions but high has 2"),
        ((-1.0, 2.0), (1.0, 2.0), "dimension 1 has low 2.0 which is not below high 2.0"),
        ((3.0,), (1.0,), "dimension 0 has low 3.0"),
    ],
)
def test_impossible_boxes_are_refused(low: tuple[float, ...], high: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ActionBox(low=low, high=high)


def test_a_fraction_is_taken_about_the_centre() -> None:
    agent = AgentConfig(algorithm="sac", action_bound_fraction=0.1).resolved([-100.0, 0.0], [100.0, 10.0])
    # centres 0 and 5, half widths 100 and 5; a tenth of them is 10 and 0.5
    assert agent.action_box == ActionBox(low=(-10.0, 4.5), high=(10.0, 5.5))
    assert agent.action_bound_fraction is None
    assert agent.resolved([-1.0, -1.0], [1.0, 1.0]) == agent  # resolved once and for all


def test_without_a_fraction_the_tasks_own_box_is_kept() -> None:
    agent = AgentConfig(algorithm="ppo").resolved([-100.0], [100.0])
    assert agent.action_box == ActionBox(low=(-100.0,), high=(100.0,))


def test_a_space_in_float32_is_resolved_in_float64() -> None:
    low, high = np.float32([-100.0]), np.float32([100.0])
    agent = AgentConfig(algorithm="sac", action_bound_fraction=0.03).resolved(low, high)
    assert agent.action_box == ActionBox(low=(-3.0,), high=(3.0,))  # in float32 it would be 2.9999999


def test_the_agents_own_box_needs_the_tasks_dimensions() -> None:
    agent = AgentConfig(algorithm="sac", action_box=ActionBox(low=(-1.0,), high=(1.0,)))
    with pytest.raises(UserError, match="1 dimensions, the task's has 3"):
        agent.resolved([-1.0] * 3, [1.0] * 3)


def test_a_fraction_of_infinity_is_refused_but_absolute_bounds_work() -> None:
    with pytest.raises(UserError, match=r"of 2 dimensions, is not finite.*action_bounds: bounds\.yaml"):
        AgentConfig(algorithm="sac", action_bound_fraction=0.5).resolved([-1.0, -math.inf], [1.0, math.inf])
    box = ActionBox(low=(-2.0, -2.0), high=(2.0, 2.0))
    assert AgentConfig(algorithm="sac", action_box=box).resolved([-math.inf] * 2, [math.inf] * 2).action_box == box


def test_an_infinite_box_without_a_fraction_does_not_speak_of_one() -> None:
    with pytest.raises(UserError, match=r"of one dimension, is not finite.*action_bounds: bounds\.yaml") as caught:
        AgentConfig(algorithm="sac").resolved([-math.inf], [math.inf])
    assert "fraction" not in str(caught.value)


def test_ppo_trains_on_an_infinite_box_without_bounds_that_it_could_reach() -> None:
    for fraction in (None, 1.0):
        agent = AgentConfig(algorithm="ppo", action_bound_fraction=fraction)
        resolved = agent.resolved([-math.inf, -2.0], [math.inf, math.inf])
        assert resolved.action_box == ActionBox(low=(-1e6, -2.0), high=(1e6, 1e6))
    with pytest.raises(UserError, match=r"--pretrain ppo .*action_bounds: bounds\.yaml"):
        AgentConfig(algorithm="ppo", action_bound_fraction=0.5).resolved([-math.inf], [math.inf])


@pytest.mark.parametrize("algorithm", ["sac", "ppo"])
def test_a_box_without_a_choice_is_refused_unless_the_agent_has_its_own(algorithm: Algorithm) -> None:
    with pytest.raises(UserError, match="from 1 to 1 in dimension 1"):
        AgentConfig(algorithm=algorithm).resolved([0.0, 1.0], [1.0, 1.0])
    box = ActionBox(low=(0.0, 0.0), high=(1.0, 1.0))
    assert AgentConfig(algorithm=algorithm, action_box=box).resolved([0.0, 1.0], [1.0, 1.0]).action_box == box


def test_two_sources_of_bounds_are_refused() -> None:
    with pytest.raises(ValidationError, match="not both"):
        AgentConfig(algorithm="sac", action_bound_fraction=0.1, action_box=ActionBox(low=(-1.0,), high=(1.0,)))


@pytest.mark.parametrize(("algorithm", "expected"), [("sac", True), ("tqc", True), ("ppo", False)])
def test_off_policy(algorithm: Any, expected: bool) -> None:
    assert AgentConfig(algorithm=algorithm).off_policy is expected


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.5])
def test_fractions_lie_between_nothing_and_the_whole(fraction: float) -> None:
    with pytest.raises(ValidationError, match="action_bound_fraction"):
        AgentConfig(algorithm="sac", action_bound_fraction=fraction)


def test_an_agent_survives_json() -> None:
    agent = AgentConfig(
        algorithm="tqc",
        arguments={"learning_rate": 1e-3, "train_freq": 1, "ent_coef": "auto_0.1"},
        network=Network(kind="simba", pi=(64,), qf=(128, 128), optimizer_arguments={"b2": 0.95}),
        action_box=ActionBox(low=(-1.5,), high=(2.5,)),
    )
    assert AgentConfig.model_validate(json.loads(json.dumps(agent.to_json()))) == agent


@pytest.mark.parametrize(
    ("value", "start"),
    [("lin_7.3e-4", 7.3e-4), ("lin_0.001", 1e-3), ("lin_0", None), ("lin_1.2.3", None), ("auto", None), (3e-4, None)],
)
def test_a_linear_schedule_is_known_by_where_it_starts(value: object, start: float | None) -> None:
    assert linear_start(value) == start
