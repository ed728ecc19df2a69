"""The base class of export formats, the formats by name, and the plain one, JSON."""

from abc import ABC, abstractmethod
from importlib import import_module
from pathlib import Path
from typing import ClassVar

from tuner.errors import UserError, unknown_name
from tuner.export._configuration import ExportedConfiguration, dump_configuration


class Format(ABC):
    """Writes a configuration for one consumer."""

    name: ClassVar[str]
    """The name on the command line."""
    suffixes: ClassVar[tuple[str, ...]] = ()
    """File name endings that the consumer requires; empty for any."""

    @abstractmethod
    def text(self, configuration: ExportedConfiguration) -> str:
        """Return the file's content.

        Raises:
            UserError: if the consumer cannot train the configuration.
        """

    def check_name(self, path: Path) -> None:
        """Refuse a file name that the consumer does not accept.

        Raises:
            UserError: with the endings that it accepts.
        """
        if self.suffixes and path.suffix not in self.suffixes:
            raise UserError(
                f"{path} cannot be exported as {self.name}: the file's name must end in {' or '.join(self.suffixes)}."
            )


class JsonFormat(Format):
    """Everything; `load_configuration` reads it back."""

    name = "json"

    def text(self, configuration: ExportedConfiguration) -> str:
        """Return the JSON."""
        return dump_configuration(configuration)


_FORMATS = {
    "sbx": "_sbx:SbxFormat",
    "zoo": "rl_zoo:ZooFormat",
    "isaaclab": "_isaaclab:IsaacLabFormat",
    "json": "_formats:JsonFormat",
}

POLICY_FORMATS = ("onnx",)
"""Formats of a trained policy instead of its configuration; `tuner.policies` writes them."""


def format_names() -> list[str]:
    """Return the names of all formats."""
    return [*_FORMATS, *POLICY_FORMATS]


def get_format(name: str) -> Format:
    """Return a format of configurations.

    Raises:
        UserError: if there is none of that name.
    """
    if name not in _FORMATS:
        raise unknown_name("format", name, format_names())
    module, _, attribute = _FORMATS[name].partition(":")
    found: type[Format] = getattr(import_module(f"tuner.export.{module}"), attribute)
    return found()
