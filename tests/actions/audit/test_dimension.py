"""Numbers and verdicts of single dimensions, with shares worked out by hand."""

import math

import pytest

from tests.actions.audit.hip import hip
from tuner.actions import PartialTargets, audit_box


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


def test_a_scale_alone_gives_targets_about_the_default():
    known = PartialTargets(names=("0",), default=(None,), scale=(0.25,), lower=(None,), upper=(None,))
    (found,) = audit_box([-100.0], [100.0], known).dimensions
    assert found.about_default
    assert found.target_high_degrees == pytest.approx(math.degrees(25.0))  # 1432.4°
    assert found.squashed_beyond_range is None
    assert found.range_low_degrees is None
    assert "-1432° to 1432° about the default" in audit_box([-100.0], [100.0], known).reason


def test_a_negative_scale_turns_the_joint_the_other_way():
    turned = PartialTargets(names=("hip",), default=(0.1,), scale=(-0.25,), lower=(-0.802851,), upper=(0.802851,))
    (found,) = audit_box([-100.0], [100.0], turned).dimensions
    (straight,) = hip(100.0).dimensions
    assert found.squashed_beyond_range == pytest.approx(straight.squashed_beyond_range)
    assert (found.target_low_degrees, found.target_high_degrees) == pytest.approx((-1426.66, 1438.12), abs=0.01)
    assert found.joint_bound == pytest.approx(3.611404)
