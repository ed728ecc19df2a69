"""What every export format is."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from tuner.errors import UserError
from tuner.export._configuration import ExportedConfiguration


class Format(ABC):
    """Writes a configuration down for one consumer."""

    name: ClassVar[str]
    """As the command line has it."""
    suffixes: ClassVar[tuple[str, ...]] = ()
    """File name endings that the consumer insists on; empty for any."""

    @abstractmethod
    def text(self, configuration: ExportedConfiguration) -> str:
        """Return the file's content.

        Raises:
            UserError: if the consumer cannot train the configuration.
        """

    def check_name(self, path: Path) -> None:
        """Refuse a file name that the consumer would not take.

        Raises:
            UserError: with the endings that it takes.
        """
        if self.suffixes and path.suffix not in self.suffixes:
            raise UserError(
                f"{path} cannot be exported as {self.name}: the file's name must end in {' or '.join(self.suffixes)}."
            )
