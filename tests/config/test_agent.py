"""Agent configurations: where their action box comes from, and what contradicts itself."""

import json
import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from tuner.config import ActionBox, AgentConfig, Algorithm, EntropySchedule, JointBox, Network, linear_start
from tuner.errors import UserError
from tuner.simulators import JointTargets


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


LEGS = JointTargets(
    names=("L_hip", "L_knee", "R_hip", "R_knee"),
    default=(0.0, -1.0, 0.0, -1.0),
    scale=(0.25, 0.5, 0.25, 0.5),
    lower=(-1.0, -2.0, -1.0, -2.0),
    upper=(1.0, 0.0, 1.0, 0.0),
)
WIDE = [-100.0] * 4, [100.0] * 4


def test_a_box_by_joints_is_in_degrees_about_the_default_pose() -> None:
    box = JointBox(ranges={".*_hip": math.degrees(0.5), ".*_knee": (math.degrees(-1.0), math.degrees(0.25))})
    agent = AgentConfig(algorithm="sac", joint_box=box).resolved(*WIDE, LEGS)
    # 0.5 rad of 0.25 rad a unit are 2 units; −1 and 0.25 rad of 0.5 rad a unit are −2 and 0.5
    assert agent.action_box is not None
    assert agent.joint_box is None
    np.testing.assert_allclose(agent.action_box.low, [-2.0, -2.0, -2.0, -2.0])
    np.testing.assert_allclose(agent.action_box.high, [2.0, 0.5, 2.0, 0.5])
    assert agent.resolved(*WIDE, LEGS) == agent


def test_a_box_by_joints_may_be_in_the_actions_own_units() -> None:
    box = JointBox(ranges={"L_.*": 1.0, "R_.*": 3.0}, unit="action")
    resolved = AgentConfig(algorithm="sac", joint_box=box).resolved(*WIDE, LEGS).action_box
    assert resolved == ActionBox(low=(-1.0, -1.0, -3.0, -3.0), high=(1.0, 1.0, 3.0, 3.0))


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({".*_hip": 10.0}, r"'L_knee' is matched by none"),
        ({".*": 10.0, "L_.*": 5.0}, r"'L_hip' is matched by '\.\*' and 'L_\.\*'"),
        ({".*": 10.0, "ankle": 5.0}, r"'ankle', which matches none of the task's joints: L_hip, L_knee"),
        ({"hip|knee": 10.0}, r"'hip\|knee', which matches none"),  # whole names are matched, not parts of them
    ],
)
def test_every_joint_has_exactly_one_range(ranges: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        AgentConfig(algorithm="sac", joint_box=JointBox(ranges=ranges)).resolved(*WIDE, LEGS)


def test_joints_cannot_be_named_where_there_are_none() -> None:
    agent = AgentConfig(algorithm="sac", joint_box=JointBox(ranges={".*": 10.0}))
    with pytest.raises(UserError, match="not known to be joint targets"):
        agent.resolved(*WIDE)


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({}, "at least 1 item"),
        ({".*": 0.0}, "greater than 0"),
        ({".*": (2.0, 1.0)}, "lower end first"),
        ({"(": 1.0}, "not a regular expression"),
    ],
)
def test_ranges_without_sense_are_refused(ranges: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        JointBox(ranges=ranges)


@pytest.mark.parametrize(
    ("unit", "expected"),
    # half the box is 2, 2, 4, 4 units; one unit is 0.25, 0.5, 0.25, 0.5 rad
    [
        ("box", 0.5),
        ("action", (0.25, 0.25, 0.125, 0.125)),
        ("degrees", tuple(math.radians(0.5) / width for width in (0.5, 1.0, 1.0, 2.0))),
    ],
)
def test_standard_deviations_are_resolved_to_units_of_half_the_box(unit: Any, expected: Any) -> None:
    box = ActionBox(low=(-2.0, -1.0, -4.0, -4.0), high=(2.0, 3.0, 4.0, 4.0))
    agent = AgentConfig(algorithm="sac", action_box=box, initial_std=0.5, target_entropy_std=0.5, std_unit=unit)
    resolved = agent.resolved(*WIDE, LEGS)
    assert resolved.std_unit == "box"
    assert resolved.initial_std == resolved.target_entropy_std
    np.testing.assert_allclose(resolved.initial_std, expected)
    assert resolved.resolved(*WIDE, LEGS) == resolved
    assert AgentConfig.model_validate(json.loads(json.dumps(resolved.to_json()))) == resolved


def test_a_target_entropy_may_fall() -> None:
    schedule = EntropySchedule(final_std=0.5, start_steps=100, fall_steps=200)
    assert [schedule.progress(steps) for steps in (-100.0, 0.0, 50.0, 200.0, 800.0)] == [0.0, 0.0, 0.25, 1.0, 1.0]
    agent = AgentConfig(
        algorithm="sac", target_entropy_std=1.0, target_entropy_schedule=schedule, std_unit="action"
    ).resolved(*WIDE)
    assert agent.target_entropy_schedule is not None
    assert (agent.target_entropy_std, agent.target_entropy_schedule.final_std) == (0.01, 0.005)
    assert schedule.progress(-math.inf) == 0.0
    with pytest.raises(ValidationError, match="fall_steps"):
        EntropySchedule(final_std=0.5, start_return=3.0)
    with pytest.raises(ValidationError, match="give target_entropy_std as well"):
        AgentConfig(algorithm="sac", target_entropy_schedule=schedule)


def test_ppo_has_no_bounds_to_measure_by() -> None:
    agent = AgentConfig(algorithm="ppo", action_bound_fraction=0.1, initial_std=0.5, std_unit="action")
    assert agent.resolved(*WIDE).initial_std == 0.5


def test_standard_deviations_may_be_given_one_by_one() -> None:
    given = AgentConfig(algorithm="sac", initial_std=(1.0, 2.0, 3.0, 4.0), std_unit="action").resolved(*WIDE)
    assert given.initial_std == (0.01, 0.02, 0.03, 0.04)
    with pytest.raises(UserError, match="initial_std has 2 numbers, but the task has 4 action dimensions"):
        AgentConfig(algorithm="sac", initial_std=(1.0, 2.0), std_unit="action").resolved(*WIDE)
    with pytest.raises(UserError, match="initial_std has 2 numbers"):
        AgentConfig(algorithm="sac", initial_std=(1.0, 2.0)).resolved(*WIDE)
    with pytest.raises(UserError, match="std_unit is degrees"):
        AgentConfig(algorithm="sac", initial_std=1.0, std_unit="degrees").resolved(*WIDE)
    with pytest.raises(ValidationError):
        AgentConfig(algorithm="sac", initial_std=(1.0, 0.0))


@pytest.mark.parametrize("others", [("action_box", "joint_box"), ("action_bound_fraction", "joint_box")])
def test_bounds_have_one_source(others: tuple[str, str]) -> None:
    sources = {
        "action_box": ActionBox(low=(-1.0,), high=(1.0,)),
        "joint_box": JointBox(ranges={".*": 1.0}),
        "action_bound_fraction": 0.1,
    }
    with pytest.raises(ValidationError, match=r"give \w+ or \w+, not both"):
        AgentConfig.model_validate({"algorithm": "sac", **{name: sources[name] for name in others}})
