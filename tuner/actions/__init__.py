"""Action boxes: judged, measured on a policy's actions, and derived from them.

Importing this package stays light: what acts with a policy (JAX, SBX) is imported when asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tuner.actions._audit import Audit, audit_box
from tuner.actions._bounds import (
    DEFAULT_PERCENTILES,
    BoundsRequest,
    bounds_from_recording,
    bounds_from_task,
    fraction_box,
    joint_limit_box,
    percentile_box,
    write_bounds,
)
from tuner.actions._dimension import MOST_DIMENSIONS, UNIT_ACTION, DimensionAudit, Verdict
from tuner.actions._files import check_output
from tuner.actions._joints import PartialTargets
from tuner.actions._mass import gaussian_outside, squashed_outside
from tuner.actions._recording import Recording, load_recording
from tuner.actions._statistics import ActionStatistics, DimensionStatistics, action_statistics

if TYPE_CHECKING:
    from tuner.actions._policy import Policy, load_policy, untrained_policy
    from tuner.actions._pretrain import PretrainingChannel, pretrain, pretraining_spec
    from tuner.actions._record import record_actions

__all__ = [
    "DEFAULT_PERCENTILES",
    "MOST_DIMENSIONS",
    "UNIT_ACTION",
    "ActionStatistics",
    "Audit",
    "BoundsRequest",
    "DimensionAudit",
    "DimensionStatistics",
    "PartialTargets",
    "Policy",
    "PretrainingChannel",
    "Recording",
    "Verdict",
    "action_statistics",
    "audit_box",
    "bounds_from_recording",
    "bounds_from_task",
    "check_output",
    "fraction_box",
    "gaussian_outside",
    "joint_limit_box",
    "load_policy",
    "load_recording",
    "percentile_box",
    "pretrain",
    "pretraining_spec",
    "record_actions",
    "squashed_outside",
    "untrained_policy",
    "write_bounds",
]

_LAZY = {
    "Policy": "_policy",
    "load_policy": "_policy",
    "untrained_policy": "_policy",
    "PretrainingChannel": "_pretrain",
    "pretrain": "_pretrain",
    "pretraining_spec": "_pretrain",
    "record_actions": "_record",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
