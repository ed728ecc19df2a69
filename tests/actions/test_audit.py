"""The verdicts, with shares worked out by hand."""

import json
import math

import pytest

from tests.support import odd_actions, point_mass
from tuner.actions import PartialTargets, audit_box, audit_task
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators import JointTargets

HIP = JointTargets(names=("hip",), default=(0.1,), scale=(0.25,), lower=(-0.802851,), upper=(0.802851,))
"""The A1's left hips. Its range is -46.0° to 46.0°, and in actions (±0.802851 - 0.1) / 0.25: -3.611404 to 2.811404."""


def hip(bound):
    return audit_box([-bound], [bound], HIP)


def test_a_hopeless_hip():
    (found,) = hip(100.0).dimensions
    # 0.1 ± 0.25·100 = -24.9 and 25.1 rad
    assert (found.target_low_degrees, found.target_high_degrees) == pytest.approx((-1426.66, 1438.12), abs=0.01)
    assert (found.range_low_degrees, found.range_high_degrees) == pytest.approx((-46.0, 46.0), abs=1e-3)
    # Φ(atanh(-0.03611404)) = Φ(-0.036130) = 0.485590 below; 1 - Φ(atanh(0.02811404)) = 1 - Φ(0.028121) = 0.488783 above
    assert found.squashed_beyond_range == pytest.approx(0.485590 + 0.488783, abs=2e-6)
    assert found.squashed_beyond_unit == pytest.approx(0.97606, abs=1e-5)  # 2·(1 - Φ(atanh(0.03)))
    assert found.gaussian_beyond_unit == pytest.approx(0.0026998, abs=1e-7)
    assert found.gaussian_clipped == 0.0
    assert found.squashed_median_distance == pytest.approx(58.793, abs=1e-3)
    assert found.joint_bound == pytest.approx(3.611404)
    assert found.verdict == "hopeless"


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        (3.0, "fine"),  # 3 % of the declared box, which trains; 0.04 beyond the range
        (3.611404, "fine"),  # the joint limits; 0.15
        (5.0, "wide"),  # robots kept falling; 0.44
        (10.0, "wide"),  # 0.74
        (100.0, "hopeless"),  # SAC stayed far below zero; 0.97
    ],
)
def test_verdicts_by_the_range_of_a_joint(bound, verdict):
    assert hip(bound).verdict == verdict


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        (1.0, "fine"),
        (4.01, "fine"),  # 2·(1 - Φ(atanh(3/4.01))) = 2·(1 - Φ(0.96866)) = 0.33272, just below a third
        (4.02, "wide"),  # 0.33481
        (23.9, "wide"),  # 2·(1 - Φ(0.12619)) = 0.89958
        (24.0, "hopeless"),  # 2·(1 - Φ(0.12566)) = 0.90000, and a little more
        (100.0, "hopeless"),
    ],
)
def test_verdicts_without_joints(bound, verdict):
    found = audit_box([-bound] * 2, [bound] * 2)
    assert found.verdict == verdict
    assert [dimension.name for dimension in found.dimensions] == ["0", "1"]


def test_the_worst_dimension_decides():
    found = audit_box([-1.0, -100.0, -5.0], [1.0, 100.0, 5.0])
    assert [dimension.verdict for dimension in found.dimensions] == ["fine", "hopeless", "wide"]
    assert found.verdict == "hopeless"
    assert "1 of 3 dimensions is hopeless. Worst, 1: 97.6% of the first squashed actions lie beyond ±3." in found.reason


def test_reason_and_remedy_of_a_hopeless_hip():
    found = hip(100.0)
    assert "The box commands joint targets of -1427° to 1438°; 97.4% of the first squashed" in found.reason
    assert "beyond the joint's range of -46° to 46°" in found.reason
    assert "PPO does not notice" in found.reason
    # 3 of 100 is 3 %
    assert "max|limit − default|/scale, ±3.61, action_bound_fraction: 0.03 (±3), or bounds measured" in found.remedy


def test_reason_and_remedy_of_fine_boxes():
    assert hip(3.0).reason.startswith("4.3% of the first squashed actions command targets beyond the joint's range")
    assert hip(3.0).remedy == "Nothing: train on it as it is."
    assert audit_box([-2.0], [2.0]).reason == "No squashed action can lie beyond ±3."
    assert hip(2.0).reason == "No squashed action can lie beyond a joint's range."


def test_ppo_is_told_of_a_narrow_box():
    # N(0, 1) beyond ±0.4: 2·(1 - Φ(0.4)) = 2·(1 - 0.655422) = 0.689
    assert "up to 69% of them: give PPO a smaller initial_std" in audit_box([-0.4], [0.4]).remedy


def test_a_box_that_is_not_about_zero_has_no_fraction():
    assert "0 … 3" in audit_box([0.0], [80.0]).remedy
    assert "fraction" not in audit_box([0.0], [80.0]).remedy
    assert audit_box([50.0], [80.0]).remedy.endswith(
        "of its own: bounds measured on a trained policy's actions (tuner bounds)."
    )


def test_a_scale_alone_gives_targets_about_the_default():
    known = PartialTargets(names=("0",), default=(None,), scale=(0.25,), lower=(None,), upper=(None,))
    (found,) = audit_box([-100.0], [100.0], known).dimensions
    assert found.about_default
    assert found.target_high_degrees == pytest.approx(math.degrees(25.0))  # 1432.4°
    assert found.squashed_beyond_range is None
    assert found.range_low_degrees is None
    assert "-1432° to 1432° about the default" in audit_box([-100.0], [100.0], known).reason


def test_dimensions_that_are_all_the_same_have_no_worst_one():
    found = audit_box([-100.0] * 2, [100.0] * 2)
    assert found.reason.startswith("2 of 2 dimensions are hopeless. 97.6% of the first squashed actions")
    # and where the actions are not known to be joint targets, they may have units that need the whole box
    assert "it is right as it is" in found.reason
    assert "it is right as it is" not in hip(100.0).reason


def test_json():
    found = json.loads(json.dumps(hip(100.0).to_json()))
    assert found["verdict"] == "hopeless"
    assert found["dimensions"][0]["name"] == "hip"
    assert found["dimensions"][0]["verdict"] == "hopeless"
    assert found["dimensions"][0]["reason"].startswith("97.4%")
    assert set(found) == {"verdict", "reason", "remedy", "dimensions"}


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        ([], [], "at least one dimension"),
        ([-1.0], [1.0, 1.0], "1 lower and 2 upper bounds"),
        ([-1.0, -math.inf], [1.0, math.inf], "not finite: dimension 1 has the bounds -inf and inf"),
        ([math.nan], [1.0], "not finite"),
        ([1.0], [1.0], "In dimension 0 the lower bound 1 is not below the upper bound 1"),
        ([2.0], [-2.0], "Give the lower one first"),
    ],
)
def test_boxes_that_cannot_be(low, high, message):
    with pytest.raises(UserError, match=message):
        audit_box(low, high)


def test_joints_of_another_robot():
    with pytest.raises(UserError, match="2 lower and 2 upper bounds for 1 dimensions"):
        audit_box([-1.0] * 2, [1.0] * 2, HIP)


def test_a_negative_scale_turns_the_joint_the_other_way():
    turned = PartialTargets(names=("hip",), default=(0.1,), scale=(-0.25,), lower=(-0.802851,), upper=(0.802851,))
    (found,) = audit_box([-100.0], [100.0], turned).dimensions
    (straight,) = hip(100.0).dimensions
    assert found.squashed_beyond_range == pytest.approx(straight.squashed_beyond_range)
    assert (found.target_low_degrees, found.target_high_degrees) == pytest.approx((-1426.66, 1438.12), abs=0.01)
    assert found.joint_bound == pytest.approx(3.611404)


@pytest.mark.parametrize(
    ("default", "scale", "lower", "upper", "message"),
    [
        (0.0, 0.0, -1.0, 1.0, "Joint 'a' has the scale 0"),
        (0.0, 1.0, 1.0, 1.0, "the lower limit 1, which is not below the upper one, 1"),
        (0.0, math.nan, -1.0, 1.0, "the scale nan. Give a finite number"),
        (math.inf, 1.0, None, None, "the default inf"),
        (0.0, 1.0, -math.inf, 1.0, "the lower limit -inf"),
    ],
)
def test_joints_that_cannot_be(default, scale, lower, upper, message):
    with pytest.raises(UserError, match=message):
        audit_box([-1.0], [1.0], PartialTargets(("a",), (default,), (scale,), (lower,), (upper,)))


SIMULATOR = f"{point_mass.__file__}:PointMassSimulator"


def test_the_a1_is_hopeless_in_every_joint():
    found = audit_task(TaskConfig(id="Velocity-Flat-A1", num_envs=1))
    assert found.verdict == "hopeless"
    assert {dimension.verdict for dimension in found.dimensions} == {"hopeless"}
    joints = {dimension.name: dimension for dimension in found.dimensions}
    assert len(joints) == 12
    # -1.5 ± 0.25·100 = -26.5 and 23.5 rad against -2.69653 … -0.916298 rad
    calf = joints["FL_calf"]
    assert (calf.target_low_degrees, calf.target_high_degrees) == pytest.approx((-1518.34, 1346.45), abs=0.01)
    assert (calf.range_low_degrees, calf.range_high_degrees) == pytest.approx((-154.5, -52.5), abs=0.01)
    # max(2.69653 - 1.5, 1.5 - 0.916298) / 0.25
    assert calf.joint_bound == pytest.approx(4.78612)
    # the least share, of the thighs: 0.8 rad in -1.0472 … 4.18879, so actions -7.3888 … 13.55516:
    # Φ(atanh(-0.073888)) = Φ(-0.074023) = 0.470496; 1 - Φ(atanh(0.1355516)) = 1 - Φ(0.136391) = 0.445756
    assert joints["FL_thigh"].squashed_beyond_range == pytest.approx(0.470496 + 0.445756, abs=2e-6)
    assert min(dimension.out_of_place for dimension in found.dimensions) > 0.91


def test_the_box_of_the_quickstarts_cart_pole_is_hopeless_too():
    assert audit_task(TaskConfig(id="Cartpole", num_envs=1)).verdict == "hopeless"  # ±100, where its motor has ±4


def test_a_pendulum_is_fine():
    found = audit_task(TaskConfig(id="Pendulum-v1", simulator="gymnasium", num_envs=1))
    assert found.verdict == "fine"  # ±2


def test_a_users_own_simulator():
    assert audit_task(TaskConfig(id="PointMass", simulator=SIMULATOR, num_envs=1)).verdict == "fine"


@pytest.mark.parametrize(
    ("simulator", "message"),
    [
        ("DiscreteActions", r"actions in Discrete\(3\). Only a Box"),
        ("HalfInfiniteActions", "The action box is not finite: dimension 0 .* -inf and 1"),
    ],
)
def test_actions_that_have_no_bounds(simulator, message):
    with pytest.raises(UserError, match=message):
        audit_task(TaskConfig(id="PointMass", simulator=f"{odd_actions.__file__}:{simulator}", num_envs=1))
