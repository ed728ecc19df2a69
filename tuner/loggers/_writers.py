"""One run in one place: TensorBoard's event files, a run of Weights & Biases, a CSV file."""

import csv
import io
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from tuner.config import LoggerName
from tuner.optional import require
from tuner.resources import write_whole

Values = Mapping[str, float]


class RunWriter(ABC):
    """Takes the numbers of one run, in the order of its clock."""

    needs: ClassVar[str | None] = None
    """The package that it needs, also the name of the extra that installs it."""

    @abstractmethod
    def write(self, seconds: float, values: Values) -> None:
        """Write numbers by name at a time of the run's clock, in seconds."""

    @abstractmethod
    def close(self, result: Values) -> None:
        """Finish the run; `result` has what it found, by name."""


class TensorBoardWriter(RunWriter):
    """Event files in `<folder>/tensorboard/<run>`.

    A step of TensorBoard is a millisecond of the run's clock, as steps are whole numbers; its axis "Relative" shows the
    clock too.
    """

    needs = "tensorboard"

    def __init__(self, folder: Path, run: str, group: str, config: Mapping[str, Any]) -> None:
        module = require("tensorboard.summary", "logging to TensorBoard", _install(self.needs))
        self._writer = module.Writer(str(folder / "tensorboard" / run))
        self._started = time.time()
        self._seconds = 0.0

    def write(self, seconds: float, values: Values) -> None:
        """Add a point to the curve of each value."""
        self._seconds = seconds
        for name, value in values.items():
            self._writer.add_scalar(name, value, round(1000 * seconds), wall_time=self._started + seconds)
        self._writer.flush()

    def close(self, result: Values) -> None:
        """Add the result as last points, and close the file."""
        self.write(self._seconds, result)
        self._writer.close()


class WandbWriter(RunWriter):
    """A run of Weights & Biases, in the project `sac-tuner` unless WANDB_PROJECT names another, grouped by study.

    Its files lie in `<folder>/wandb`. WANDB_MODE=offline keeps them there, for `wandb sync`.
    """

    needs = "wandb"

    def __init__(self, folder: Path, run: str, group: str, config: Mapping[str, Any]) -> None:
        wandb = require("wandb", "logging to Weights & Biases", _install(self.needs))
        folder.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT", "sac-tuner"),
            group=group,
            name=f"{group}/{run}",
            config=dict(config),
            dir=str(folder),
            reinit="create_new",  # several trials train at once
            settings=wandb.Settings(silent=True, console="off"),
        )
        self._run.define_metric("*", step_metric="clock_seconds")

    def write(self, seconds: float, values: Values) -> None:
        """Log all values at once."""
        self._run.log({"clock_seconds": seconds, **values})

    def close(self, result: Values) -> None:
        """Put the result into the run's summary, and finish the run."""
        self._run.summary.update(dict(result))
        self._run.finish()


class CsvWriter(RunWriter):
    """`<folder>/csv/<run>.csv`: a row for each time; the result is the last row's."""

    def __init__(self, folder: Path, run: str, group: str, config: Mapping[str, Any]) -> None:
        self._file = folder / "csv" / f"{run}.csv"
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._rows: list[dict[str, float]] = []

    def write(self, seconds: float, values: Values) -> None:
        """Write the whole file again with one more row: losses have no column before the first update."""
        self._rows.append({"clock_seconds": seconds, **values})
        self._save()

    def close(self, result: Values) -> None:
        """Add the result's columns."""
        if self._rows:
            self._rows[-1].update(result)
            self._save()

    def _save(self) -> None:
        columns = list(dict.fromkeys(name for row in self._rows for name in row))
        text = io.StringIO()
        table = csv.DictWriter(text, columns)
        table.writeheader()
        table.writerows(self._rows)
        write_whole(self._file, lambda file: file.write(text.getvalue().encode()))


_WRITERS: dict[LoggerName, type[Any]] = {"tensorboard": TensorBoardWriter, "wandb": WandbWriter, "csv": CsvWriter}


def check_loggers(names: Sequence[LoggerName]) -> None:
    """Refuse loggers whose package is not installed, before anything is trained.

    Raises:
        UserError: which names the command that installs it.
    """
    for name in names:
        needed = _WRITERS[name].needs
        if needed is not None:
            require(needed, f"the logger '{name}'", _install(needed))


def open_writer(name: LoggerName, folder: Path, run: str, *, group: str, config: Mapping[str, Any]) -> RunWriter:
    """Begin a run in a logger.

    Args:
        name: the logger.
        folder: where files go.
        run: the run's name, which is a file's name too.
        group: the study.
        config: what the run trains, JSON-safe.
    """
    writer: RunWriter = _WRITERS[name](folder, run, group, config)
    return writer


def _install(extra: str) -> str:
    return f"pip install 'sac-tuner[{extra}]'"
