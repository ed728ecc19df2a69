"""Writing a configuration file and reading it."""

from textwrap import dedent

from tuner.actions.audit.config_files import read_action_settings


def read(folder, name, text):
    """Write `text` to a file and read its settings."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text))
    return read_action_settings(str(file))
