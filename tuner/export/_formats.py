"""Export formats by name."""

from importlib import import_module

from tuner.errors import unknown_name
from tuner.export._base import Format

_FORMATS = {
    "sbx": "_sbx:SbxFormat",
    "zoo": "_zoo:ZooFormat",
    "isaaclab": "_isaaclab:IsaacLabFormat",
    "json": "_json:JsonFormat",
}


def format_names() -> list[str]:
    """Return the names of all formats."""
    return list(_FORMATS)


def get_format(name: str) -> Format:
    """Return a format.

    Raises:
        UserError: if there is none of that name.
    """
    if name not in _FORMATS:
        raise unknown_name("format", name, _FORMATS)
    module, _, attribute = _FORMATS[name].partition(":")
    found: type[Format] = getattr(import_module(f"tuner.export.{module}"), attribute)
    return found()
