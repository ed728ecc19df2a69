"""A study's winner taken out: as a plain file, as SBX code, for RL Zoo and for Isaac Lab."""

from tuner.export._configuration import (
    ExportedConfiguration,
    Machine,
    Provenance,
    dump_configuration,
    load_configuration,
)

__all__ = ["ExportedConfiguration", "Machine", "Provenance", "dump_configuration", "load_configuration"]
