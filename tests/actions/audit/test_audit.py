"""Whole boxes, and those of tasks."""

import json
import math

import pytest

from tests.actions.audit.hip import HIP, hip
from tests.support import odd_actions, point_mass
from tuner.actions import audit_box, audit_task
from tuner.config import TaskConfig
from tuner.errors import UserError


def test_the_worst_dimension_decides():
    found = audit_box([-1.0, -100.0, -5.0], [1.0, 100.0, 5.0])
    assert [dimension.verdict for dimension in found.dimensions] == ["fine", "hopeless", "wide"]
    assert found.verdict == "hopeless"
    assert "1 of 3 dimensions is hopeless. Worst, 1: 97.6% of the first squashed actions lie beyond ±3." in found.reason


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
