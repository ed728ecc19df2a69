"""Action clipping read out of other codebases' configuration files, one file per style; nothing in them is ever run."""

from tuner.actions.audit.config_files._read import read_action_settings
from tuner.actions.audit.config_files._settings import ActionSettings

__all__ = ["ActionSettings", "read_action_settings"]
