"""Reads what configuration files of other projects say about actions; nothing in a file is run.

Any file becomes nested sections (`_values`): Python with `_python_files`, YAML with `_yaml_files`. Two readers look
for clips in them: `_action_terms` for those on targets, `_output_clip` for those on the policy's output. What they
find is one of three answers (`_answers`). `_read` reads a file, `_folders` many.
"""

from tuner.actions.audit.config_files._answers import ActionSettings, Answer, NoClipping, NotUnderstood, by_hand
from tuner.actions.audit.config_files._folders import read_configurations
from tuner.actions.audit.config_files._read import read_action_settings

__all__ = [
    "ActionSettings",
    "Answer",
    "NoClipping",
    "NotUnderstood",
    "by_hand",
    "read_action_settings",
    "read_configurations",
]
