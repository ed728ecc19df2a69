"""Bounds from recordings, joint limits and shares of a box, worked out by hand."""

import numpy as np
import pytest

from tests.actions.recordings import JOINTS, make_recording
from tuner.actions import (
    BoundsRequest,
    bounds_from_recording,
    bounds_from_task,
    fraction_box,
    joint_limit_box,
    percentile_box,
    write_bounds,
)
from tuner.config import ActionBox, BoundsTask, TaskConfig, load_bounds
from tuner.errors import UserError

# 0, 1, …, 100 in the first dimension, so that percentile p is p, and 0, −2, …, −200 in the second; the median of each
# once more, because a recording has whole steps.
VALUES = np.array([*range(101), 50], dtype=np.float64)
RAMP = make_recording(np.stack([VALUES, -2 * VALUES], axis=1), joints=JOINTS)
TASK = TaskConfig(id="Toy")


def test_percentiles_of_each_dimension():
    # Of 102 values, percentile p lies at index 1.01 · p: 2.5 % at 2.525, 97.5 % at 98.475, which is the value 97.475.
    box = percentile_box(RAMP, (2.5, 97.5))
    assert box.low == pytest.approx((2.525, -2 * 97.475))
    assert box.high == pytest.approx((97.475, -2 * 2.525))
    assert percentile_box(RAMP, (0, 100)) == ActionBox(low=(0.0, -200.0), high=(100.0, 0.0))


def test_bounds_have_six_digits():
    box = percentile_box(make_recording([[-1 / 3], [2 / 3]]), (0, 100))
    assert box == ActionBox(low=(-0.333333,), high=(0.666667,))


def test_joint_limits_are_as_far_as_the_farther_limit():
    # hip: |−0.8 − 0.1| = 0.9 is farther than 0.6; 0.9 / 0.25 = 3.6. knee: 1 on both sides; 1 / 0.5 = 2.
    assert joint_limit_box(JOINTS) == ActionBox(low=(-3.6, -2.0), high=(3.6, 2.0))


def test_a_share_of_the_box_lies_about_its_centre():
    # −100 … 100: ±3. 0 … 10: the centre is 5, 3 % of the half width 5 is 0.15.
    assert fraction_box([-100, 0], [100, 10], 0.03) == ActionBox(low=(-3.0, 4.85), high=(3.0, 5.15))
    with pytest.raises(UserError, match=r"action box, of .*, is not finite.* --pretrain ppo"):
        fraction_box([-np.inf], [np.inf], 0.03)


def test_a_recording_gives_all_there_is(tmp_path):
    bounds = bounds_from_recording(RAMP, BoundsRequest(percentiles=(25, 75)), policy="runs/x")
    assert bounds.box == percentile_box(RAMP, (25, 75))
    pairs = [(25, 75), (10, 90), (5, 95), (2.5, 97.5), (1, 99), (0.5, 99.5)]
    assert bounds.boxes_by_percentiles == {pair: percentile_box(RAMP, pair) for pair in pairs}
    assert list(bounds.boxes_by_percentiles) == pairs
    assert bounds.joint_limits == joint_limit_box(JOINTS)
    assert bounds.task == BoundsTask(id="Toy", simulator="mujoco")
    origin = bounds.origin
    assert (origin.policy, origin.algorithm, origin.deterministic, origin.samples) == ("runs/x", "ppo", False, 102)
    write_bounds(bounds, tmp_path / "b.yaml")
    assert load_bounds(tmp_path / "b.yaml") == bounds
    assert (tmp_path / "b.yaml").read_text().startswith("# Action bounds for Toy; in a study file: action_bounds: b.")


def test_a_recording_gives_other_sources_too():
    bounds = bounds_from_recording(RAMP, BoundsRequest(source="joint_limits"), policy="x")
    assert bounds.box == bounds.joint_limit_box == joint_limit_box(JOINTS)
    assert (10.0, 90.0) in bounds.boxes_by_percentiles
    untrained = make_recording([[1], [2]], policy="untrained")
    assert bounds_from_recording(untrained, BoundsRequest(), policy="x").origin.algorithm == "untrained ppo"


def test_a_task_gives_joint_limits_and_shares():
    limits = bounds_from_task(TASK, [-9, -9], [9, 9], JOINTS, BoundsRequest(source="joint_limits"))
    assert limits.box == joint_limit_box(JOINTS)
    share = bounds_from_task(TASK, [-9, -9], [9, 9], JOINTS, BoundsRequest(source="fraction", fraction=0.5))
    assert share.box == ActionBox(low=(-4.5, -4.5), high=(4.5, 4.5))
    assert (share.fraction, share.joint_limits) == (0.5, limits.box)


def test_a_dimension_that_stands_still_has_no_bounds():
    still = make_recording([[1.0, 5.0], [2.0, 5.0]])
    with pytest.raises(UserError, match="in dimension 1 are both 5: the policy hardly moves it"):
        bounds_from_recording(still, BoundsRequest(), policy="x")
    # Nine of ten are the same: the wide pairs have a width, and the narrow ones are left out.
    nearly = make_recording([[0.0]] * 9 + [[1.0]])
    bounds = bounds_from_recording(nearly, BoundsRequest(percentiles=(0, 100)), policy="x")
    # 95 % lies at index 8.55, between 0 and 1; 90 % at 8.1, so 10 to 90 has a width of 0.1.
    assert bounds.boxes_by_percentiles[(10.0, 90.0)] == ActionBox(low=(0.0,), high=(0.1,))


@pytest.mark.parametrize(
    ("request_", "joints", "problem"),
    [
        (BoundsRequest(), JOINTS, "Percentiles need recorded actions"),
        (BoundsRequest(source="joint_limits"), None, "Toy does not say which joint targets its actions command"),
    ],
)
def test_what_a_task_alone_does_not_tell(request_, joints, problem):
    with pytest.raises(UserError, match=problem):
        bounds_from_task(TASK, [-9], [9], joints, request_)


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (
            {"percentiles": (97.5, 2.5)},
            "The percentiles are 97.5 and 2.5, but must be two numbers from 0 to 100, the lower one first",
        ),
        ({"percentiles": (-1, 50)}, "from 0 to 100"),
        ({"percentiles": (float("nan"), 50)}, "from 0 to 100"),
        ({"source": "fraction"}, "add --fraction 0.03"),
        ({"source": "fraction", "fraction": 1.5}, "--fraction 1.5: give a share"),
        ({"source": "fraction", "fraction": 0}, "--fraction 0: give a share"),
    ],
)
def test_requests_that_cannot_be(wrong, problem):
    with pytest.raises(UserError, match=problem):
        BoundsRequest(**wrong)
