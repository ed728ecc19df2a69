"""A study's winner taken out: as a plain file, as SBX code, for RL Zoo and for Isaac Lab.

Reading an export file stays light; what needs the study or the agents is imported when asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tuner.export._base import Format
from tuner.export._configuration import (
    ExportedConfiguration,
    Machine,
    Provenance,
    dump_configuration,
    load_configuration,
)
from tuner.export._formats import format_names, get_format

if TYPE_CHECKING:
    from tuner.export._source import Found, configuration_of

__all__ = [
    "ExportedConfiguration",
    "Format",
    "Found",
    "Machine",
    "Provenance",
    "configuration_of",
    "dump_configuration",
    "format_names",
    "get_format",
    "load_configuration",
]

_LAZY = ("Found", "configuration_of")


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f"{__name__}._source"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
