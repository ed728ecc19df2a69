"""The command line that was given, from which the next commands to run are printed."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from tuner.config import DEFAULT_STORAGE
from tuner.passwords import mask_passwords


@dataclass(frozen=True)
class RunCommand:
    """A `tuner run` as the user gave it."""

    study: str
    """The study file, or the bundled study's name."""
    overrides: Sequence[str] = ()
    """The values of `--set`."""
    trials: int | None = None
    timeout: str | None = None
    workers: object = None
    """The value of `--workers`."""
    storage: str | None = None

    def text(self, *, trials: int | None = None) -> str:
        """Return the command that continues the study, without the password in a storage's URL.

        Args:
            trials: value of `--trials`; None for the one that was given.
        """
        options = {
            "--trials": self.trials if trials is None else trials,
            "--timeout": self.timeout,
            "--workers": self.workers,
            "--storage": self.storage,
        }
        words = ["tuner", "run", self.study]
        for override in self.overrides:
            words += ["--set", override]
        for option, value in options.items():
            words += [] if value is None else [option, str(value)]
        return _shown(words)

    def show_text(self, name: str, storage: str) -> str:
        """Return the command that shows the study.

        Args:
            name: the study's name in its storage.
            storage: the storage's URL.
        """
        return self._stored_text("show", name, storage)

    def confirm_text(self, name: str, storage: str) -> str:
        """Return the command that confirms the study; its arguments are those of `show_text`."""
        return self._stored_text("confirm", name, storage)

    def _stored_text(self, command: str, name: str, storage: str) -> str:
        if not self.overrides and self.storage is None:
            return _shown(["tuner", command, self.study])
        where = [] if storage == DEFAULT_STORAGE else ["--storage", storage]
        return _shown(["tuner", command, name, *where])


def _shown(words: list[str]) -> str:
    return shlex.join(map(mask_passwords, words))
