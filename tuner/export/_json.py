"""The configuration as JSON, with all of its provenance: what `tuner train` reads."""

from tuner.export._base import Format
from tuner.export._configuration import ExportedConfiguration, dump_configuration


class JsonFormat(Format):
    """Everything, to be read back by `load_configuration`."""

    name = "json"

    def text(self, configuration: ExportedConfiguration) -> str:
        """Return the JSON."""
        return dump_configuration(configuration)
