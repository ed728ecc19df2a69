"""Checks whether an action box suits an agent that squashes its actions.

`config_files/` reads such boxes from configuration files of other projects.
"""

from tuner.actions.audit._audit import Audit, audit_box, audit_task
from tuner.actions.audit._configurations import AnswerName, ConfigurationAudit, audit_configurations
from tuner.actions.audit._dimension import MOST_DIMENSIONS, UNIT_ACTION, DimensionAudit, Verdict
from tuner.actions.audit._partial_targets import PartialTargets
from tuner.actions.audit._probability_mass import gaussian_outside, squashed_outside
from tuner.actions.audit._robot_file import Robot, read_robot

__all__ = [
    "MOST_DIMENSIONS",
    "UNIT_ACTION",
    "AnswerName",
    "Audit",
    "ConfigurationAudit",
    "DimensionAudit",
    "PartialTargets",
    "Robot",
    "Verdict",
    "audit_box",
    "audit_configurations",
    "audit_task",
    "gaussian_outside",
    "read_robot",
    "squashed_outside",
]
