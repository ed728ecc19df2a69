"""Reads the action settings of a configuration file of any known style."""

from pathlib import Path

from tuner.actions.audit.config_files._humanoidverse import read_humanoidverse
from tuner.actions.audit.config_files._isaac_lab import read_isaac_lab
from tuner.actions.audit.config_files._legged_gym import read_legged_gym
from tuner.actions.audit.config_files._plain_yaml import load_plain
from tuner.actions.audit.config_files._settings import ActionSettings, no_clipping
from tuner.actions.audit.config_files._training_yaml import read_training_yaml
from tuner.errors import UserError
from tuner.resources import user_path

_YAML_STYLES = (read_humanoidverse, read_isaac_lab, read_training_yaml)
"""In the order in which they are tried: HumanoidVerse's files can have a second clip, which does not count."""
_YAML_SUFFIXES = (".yaml", ".yml", ".json")


def read_action_settings(reference: str) -> ActionSettings:
    """Read the action clipping of a configuration file. The file is parsed; nothing in it is run.

    Args:
        reference: a `.py` file with legged_gym's classes, or `path/to/file.py:Class` for one of them; a `.yaml`, `.yml`
            or `.json` file in the style of humanoidverse, Isaac Lab or a trainer.

    Raises:
        UserError: if the file cannot be read, clips no actions, or clips them in an unknown way.
    """
    path, colon, class_name = reference.rpartition(":")
    if colon and path.endswith(".py"):
        return read_legged_gym(user_path(path), class_name)
    file = user_path(reference)
    if file.suffix == ".py":
        return read_legged_gym(file, None)
    text = _text(file)
    if file.suffix not in _YAML_SUFFIXES:
        raise UserError(
            f"'{reference}' does not end in .py or {', '.join(_YAML_SUFFIXES)}, so its format is not known."
        )
    try:
        data = load_plain(text, reference)
        for read in _YAML_STYLES:
            settings = read(data, reference)
            if settings is not None:
                return settings
    except RecursionError as error:
        raise UserError(f"'{reference}' is nested too deeply, or contains itself; it cannot be read.") from error
    looked_for = "Looked for action_clip_value, clip_actions, clipActions and Isaac Lab's actions.*.clip"
    keys = ", ".join(str(key) for key in list(data)[:8]) or "nothing"
    raise no_clipping(reference, f"{looked_for}; at its top it has {keys}.")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"'{file}' is not a text file in UTF-8: byte {error.start} is 0x{error.object[error.start]:02x}."
        ) from error
    except OSError as error:
        raise UserError(f"Cannot read the configuration file '{file}': {error.strerror}.") from error
