"""Action boxes: audit the task's own, record what a policy does in it, and derive bounds from the recording.

Importing this package is fast: what acts with a policy (JAX, SBX) is imported when it is first used.
"""

from typing import TYPE_CHECKING

from tuner.actions._derive_bounds import (
    DEFAULT_PERCENTILES,
    BoundsRequest,
    bounds_from_recording,
    bounds_from_task,
    fraction_box,
    joint_limit_box,
    percentile_box,
    write_bounds,
)
from tuner.actions._recording import Recording, load_recording
from tuner.actions._statistics import ActionStatistics, DimensionStatistics, action_statistics
from tuner.actions.audit import (
    MOST_DIMENSIONS,
    UNIT_ACTION,
    AnswerName,
    Audit,
    ConfigurationAudit,
    DimensionAudit,
    PartialTargets,
    Robot,
    Verdict,
    audit_box,
    audit_configurations,
    audit_task,
    gaussian_outside,
    read_robot,
    squashed_outside,
)
from tuner.optional import lazy_attributes

if TYPE_CHECKING:
    from tuner.actions._pretrain import PretrainingChannel, pretrain, pretraining_spec
    from tuner.actions._record_actions import record_actions

__all__ = [
    "DEFAULT_PERCENTILES",
    "MOST_DIMENSIONS",
    "UNIT_ACTION",
    "ActionStatistics",
    "AnswerName",
    "Audit",
    "BoundsRequest",
    "ConfigurationAudit",
    "DimensionAudit",
    "DimensionStatistics",
    "PartialTargets",
    "PretrainingChannel",
    "Recording",
    "Robot",
    "Verdict",
    "action_statistics",
    "audit_box",
    "audit_configurations",
    "audit_task",
    "bounds_from_recording",
    "bounds_from_task",
    "fraction_box",
    "gaussian_outside",
    "joint_limit_box",
    "load_recording",
    "percentile_box",
    "pretrain",
    "pretraining_spec",
    "read_robot",
    "record_actions",
    "squashed_outside",
    "write_bounds",
]

__getattr__ = lazy_attributes(
    __name__,
    {
        "PretrainingChannel": "_pretrain",
        "pretrain": "_pretrain",
        "pretraining_spec": "_pretrain",
        "record_actions": "_record_actions",
    },
)
