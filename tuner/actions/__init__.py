"""Action boxes: judged, measured on a policy's actions, and derived from them."""

from tuner.actions._audit import Audit, audit_box
from tuner.actions._dimension import DimensionAudit, Verdict
from tuner.actions._joints import PartialTargets

__all__ = ["Audit", "DimensionAudit", "PartialTargets", "Verdict", "audit_box"]
