"""Export the winner of a study: as a plain file, as SBX code, for RL Zoo and for Isaac Lab.

Reading an export file stays light: modules that need the study or the agents are imported on first use.
"""

from typing import TYPE_CHECKING

from tuner.export._configuration import (
    ExportedConfiguration,
    Machine,
    Provenance,
    dump_configuration,
    load_configuration,
)
from tuner.export._formats import POLICY_FORMATS, Format, format_names, get_format
from tuner.optional import lazy_attributes

if TYPE_CHECKING:
    from tuner.export._from_study import Found, configuration_of

__all__ = [
    "POLICY_FORMATS",
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

__getattr__ = lazy_attributes(__name__, {"Found": "_from_study", "configuration_of": "_from_study"})
