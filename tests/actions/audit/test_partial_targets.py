"""Joint targets of which not everything is known."""

import math

import pytest

from tuner.actions import PartialTargets, audit_box
from tuner.errors import UserError

UNKNOWN = (None, None)


def test_each_joint_is_judged_by_what_is_known_of_it():
    known = PartialTargets(("a", "b"), (0.0, 0.0), (1.0, 1.0), (-1.0, None), (1.0, None))
    first, second = audit_box([-2.0] * 2, [2.0] * 2, known).dimensions
    assert (first.name, second.name) == ("a", "b")
    assert (first.joint_bound, second.joint_bound) == (1.0, None)
    assert second.target_high_degrees == math.degrees(2.0)


def test_joints_of_which_only_the_names_are_known():
    first, second = audit_box([-2.0] * 2, [2.0] * 2, PartialTargets(("a", "b"), *[UNKNOWN] * 4)).dimensions
    assert (first.name, second.name) == ("a", "b")
    assert first.target_low_degrees is first.squashed_beyond_range is first.joint_bound is None


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
