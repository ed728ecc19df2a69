"""The models themselves: strict about types, frozen, and the same after a trip through JSON."""

import json
import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tuner.config import ActionBox, AgentConfig, BudgetConfig, Network, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.errors import UserError


def error_types(model: Any, **values: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model(**values)
    return [details["type"] for details in caught.value.errors()]


@pytest.mark.parametrize("value", ["240", True, None, [240]])
def test_no_other_type_becomes_a_number(value: Any) -> None:
    assert error_types(BudgetConfig, seconds=value) == ["float_type"]


def test_a_whole_number_is_a_number() -> None:
    budget = BudgetConfig(seconds=240)
    assert budget.seconds == 240.0
    assert isinstance(budget.seconds, float)


@pytest.mark.parametrize("value", [256.0, 2.5, True, "256"])
def test_no_other_type_becomes_a_count(value: Any) -> None:
    assert error_types(TaskConfig, id="x", num_envs=value) == ["int_type"]


@pytest.mark.parametrize("value", ["yes", "true", 1, None])
def test_no_other_type_becomes_a_flag(value: Any) -> None:
    assert error_types(AgentConfig, algorithm="sac", normalize_observations=value) == ["bool_type"]


def test_lists_pass_for_tuples_and_stay_strict_inside() -> None:
    assert Network(pi=[64, 64]).pi == (64, 64)  # type: ignore[arg-type]
    assert error_types(Network, pi=[64, 64.0]) == ["int_type"]
    assert error_types(Network, qf=[]) == ["too_short"]
    assert "float_type" in error_types(ActionBox, low=["-1"], high=[1.0])


def test_nothing_can_be_changed_or_added() -> None:
    budget = BudgetConfig()
    with pytest.raises(ValidationError, match="frozen"):
        budget.seconds = 3.0  # type: ignore[misc]
    assert error_types(BudgetConfig, minutes=4) == ["extra_forbidden"]


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_no_infinities(value: float) -> None:
    assert error_types(ObjectiveConfig, target=value) == ["finite_number"]
    assert "finite_number" in error_types(ActionBox, low=(value,), high=(1.0,))


# Action boxes


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
    with pytest.raises(UserError, match=r"an action_bound_fraction of 0.5 of it .* 2 absolute bounds .*instead"):
        AgentConfig(algorithm="sac", action_bound_fraction=0.5).resolved([-1.0, -math.inf], [1.0, math.inf])
    box = ActionBox(low=(-2.0, -2.0), high=(2.0, 2.0))
    assert AgentConfig(algorithm="sac", action_box=box).resolved([-math.inf] * 2, [math.inf] * 2).action_box == box


def test_an_infinite_box_without_a_fraction_does_not_speak_of_one() -> None:
    with pytest.raises(UserError, match="action_box with 1 absolute bounds") as caught:
        AgentConfig(algorithm="sac").resolved([-math.inf], [math.inf])
    assert "fraction" not in str(caught.value)


def test_two_sources_of_bounds_are_refused() -> None:
    with pytest.raises(ValidationError, match="not both"):
        AgentConfig(algorithm="sac", action_bound_fraction=0.1, action_box=ActionBox(low=(-1.0,), high=(1.0,)))


# Agents and trials


@pytest.mark.parametrize(("algorithm", "expected"), [("sac", True), ("tqc", True), ("ppo", False)])
def test_off_policy(algorithm: Any, expected: bool) -> None:
    assert AgentConfig(algorithm=algorithm).off_policy is expected


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.5])
def test_fractions_lie_between_nothing_and_the_whole(fraction: float) -> None:
    assert error_types(AgentConfig, algorithm="sac", action_bound_fraction=fraction)[0] in (
        "greater_than",
        "less_than_equal",
    )


def test_a_trial_survives_json() -> None:
    spec = TrialSpec(
        study="s",
        number=3,
        seed=7,
        task=TaskConfig(id="Cartpole", num_envs=8, options={"noise": False}),
        agent=AgentConfig(
            algorithm="tqc",
            arguments={"learning_rate": 1e-3, "train_freq": 1, "ent_coef": "auto_0.1"},
            network=Network(kind="simba", pi=(64,), qf=(128, 128), optimizer_arguments={"b2": 0.95}),
            action_box=ActionBox(low=(-1.5,), high=(2.5,)),
        ),
        objective=ObjectiveConfig(target=4.5),
        budget_seconds=30.0,
        ticks=10,
    )
    text = json.dumps(spec.model_dump(mode="json"))  # what crosses the pipe to a worker
    assert TrialSpec.model_validate(json.loads(text)) == spec
    assert AgentConfig.model_validate(json.loads(json.dumps(spec.agent.to_json()))) == spec.agent
