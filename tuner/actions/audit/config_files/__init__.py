"""Reads action clipping from configuration files of other projects, one module per style; nothing in a file is run."""

from tuner.actions.audit.config_files._read import read_action_settings
from tuner.actions.audit.config_files._settings import ActionSettings

__all__ = ["ActionSettings", "read_action_settings"]
