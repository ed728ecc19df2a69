"""What every model of a study or a trial has: strict types, no unknown keys, nothing that can be changed."""

import math
from typing import Annotated, Any

import pytest
from pydantic import ValidationError

from tuner.config import ActionBox, AgentConfig, BudgetConfig, Frozen, Listed, Network, ObjectiveConfig, TaskConfig


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


class Joint(Frozen):
    limits: Annotated[tuple[float, float], Listed] = (-1.0, 1.0)
    pair: tuple[float, float] = (0.0, 0.0)


def test_only_a_marked_tuple_takes_a_list() -> None:
    assert Joint.model_validate({"limits": [-2, 3.5]}).limits == (-2.0, 3.5)
    assert error_types(Joint, pair=[0.0, 1.0]) == ["tuple_type"]


def test_defaults_are_checked_too() -> None:
    class Wrong(Frozen):
        gain: float = "high"  # type: ignore[assignment]

    assert error_types(Wrong) == ["float_type"]
