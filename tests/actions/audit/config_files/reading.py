"""Writing a configuration file and reading it."""

from textwrap import dedent

from tuner.actions.audit.config_files import ActionSettings, NoClipping, NotUnderstood, read_action_settings
from tuner.actions.audit.config_files._python_files import read_roots


def read(folder, name, text, robot=None):
    """Write `text` to a file and return the answer that it gives."""
    return read_action_settings(str(write(folder, name, text)), robot)


def write(folder, name, text):
    """Write `text` to a file and return the file."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text))
    return file


def box(folder, name, text, robot=None):
    """Return the answer of a file that has a box."""
    found = read(folder, name, text, robot)
    assert isinstance(found, ActionSettings), found
    return found


def unclipped(folder, name, text):
    """Return the answer of a file that clips nothing."""
    found = read(folder, name, text)
    assert isinstance(found, NoClipping), found
    return found


def unclear(folder, name, text):
    """Return the answer of a file that is not understood."""
    found = read(folder, name, text)
    assert isinstance(found, NotUnderstood), found
    return found


def settings(folder, text, name):
    """Return one set of settings that a Python file makes."""
    file = write(folder, "cfg.py", text)
    roots, _ = read_roots(file, str(file))
    return {root.name: root.section for root in roots}[name]
