"""What an audit says: the reason of its verdict, and what to do."""

from tests.actions.audit.hip import hip
from tuner.actions import audit_box


def test_reason_and_remedy_of_a_hopeless_hip():
    found = hip(100.0)
    assert "The box commands joint targets of -1427° to 1438°; 97.4% of the first squashed" in found.reason
    assert "beyond the joint's range of -46° to 46°" in found.reason
    assert "PPO does not notice" in found.reason
    # 3 of 100 is 3 %
    assert "max|limit − default|/scale, ±3.61, action_bound_fraction: 0.03 (±3), or bounds measured" in found.remedy


def test_reason_and_remedy_of_fine_boxes():
    assert hip(3.0).reason.startswith("4.3% of the first squashed actions command targets beyond the joint's range")
    assert hip(3.0).remedy == "Nothing: train on this box."
    assert audit_box([-2.0], [2.0]).reason == "No squashed action can lie beyond ±3."
    assert hip(2.0).reason == "No squashed action can lie beyond a joint's range."


def test_a_narrow_box_gets_a_remark_for_ppo():
    # N(0, 1) beyond ±0.4: 2·(1 - Φ(0.4)) = 2·(1 - 0.655422) = 0.689
    assert (
        "Up to 69% of PPO's first actions (σ = 1) are clipped at the bounds: give PPO a smaller initial_std"
        in audit_box([-0.4], [0.4]).remedy
    )


def test_a_box_that_is_not_about_zero_has_no_fraction():
    assert "0 … 3" in audit_box([0.0], [80.0]).remedy
    assert "fraction" not in audit_box([0.0], [80.0]).remedy
    assert audit_box([50.0], [80.0]).remedy.endswith(
        "of its own: bounds measured on a trained policy's actions (tuner bounds)."
    )


def test_dimensions_that_are_all_the_same_have_no_worst_one():
    found = audit_box([-100.0] * 2, [100.0] * 2)
    assert found.reason.startswith("2 of 2 dimensions are hopeless. 97.6% of the first squashed actions")
    # and where the actions are not known to be joint targets, they may have units that need the whole box
    assert "the box is right" in found.reason
    assert "the box is right" not in hip(100.0).reason
