"""One joint of a robot, to audit boxes of."""

from tuner.actions import Audit, audit_box
from tuner.simulators import JointTargets

HIP = JointTargets(names=("hip",), default=(0.1,), scale=(0.25,), lower=(-0.802851,), upper=(0.802851,))
"""The A1's left hips. Its range is -46.0° to 46.0°, and in actions (±0.802851 - 0.1) / 0.25: -3.611404 to 2.811404."""


def hip(bound: float) -> Audit:
    """Audit the box ± `bound` of the hip."""
    return audit_box([-bound], [bound], HIP)
