"""Recorded runs in a file: JSON Lines, first what all share, then one line for each run.

A run is appended when it has ended, so that an interruption loses none.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optuna.distributions import BaseDistribution, distribution_to_json, json_to_distribution
from pydantic import ValidationError

from tuner.config import StudyConfig
from tuner.errors import UserError
from tuner.replay._recorded_run import RecordedRun, Recordings
from tuner.storage import SECONDS_DEPEND_ON, attributes, differences

FORMAT = "recorded curves of sac-tuner"
_SCHEMA_NUMBER = 1
"""Raised when older versions would misread the files."""


class RecordingsFile:
    """A file of runs that are being recorded.

    Args:
        path: the file. If it exists, runs are added to it; an incomplete last line, which an interruption may have
            left, is removed.
        config: the study file that describes what is recorded.
        fingerprint: what the seconds depend on; see `tuner.storage.fingerprint`.
        distributions: the ranges of the parameters.

    Raises:
        UserError: if the file exists and holds something else.
    """

    def __init__(
        self,
        path: Path,
        config: StudyConfig,
        fingerprint: Mapping[str, Any],
        distributions: Mapping[str, BaseDistribution],
    ) -> None:
        self._path = path
        self.runs: list[RecordedRun] = []
        """The runs that the file holds."""
        whole = path.read_bytes() if path.exists() else b""
        if b"\n" not in whole:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_line(_header(config, fingerprint, distributions)))
            return
        with path.open("ab") as file:
            file.truncate(whole.rfind(b"\n") + 1)
        stored = read_recordings(path)
        check_comparable(stored.name, stored.fingerprint, fingerprint)
        if stored.config.workers.threads != config.workers.threads:
            raise UserError(
                f"The runs in {path} were recorded with {stored.config.workers.threads} threads each, and these would "
                f"be with {config.workers.threads}. Give the same number, or another file."
            )
        self.runs = list(stored.runs)

    def append(self, run: RecordedRun) -> None:
        """Add a run to the file, at once."""
        with self._path.open("ab") as file:
            file.write(_line(run.to_json()))
        self.runs.append(run)


def read_recordings(path: Path) -> Recordings:
    """Return the runs in a file; a last line without its end is left out.

    Raises:
        UserError: if there is no such file, it holds something else, or a newer version wrote it.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as a file of recorded curves: {error}") from error
    header = _parsed(path, 1, lines[0] if lines else "")
    if header.get("format") != FORMAT:
        raise UserError(f"{path} is not a file of recorded curves, as benchmarks/record_curves.py writes it.")
    if header.get("schema") != _SCHEMA_NUMBER:
        raise UserError(
            f"The curves in {path} were recorded in schema {header.get('schema')}, and this version reads "
            f"{_SCHEMA_NUMBER}. Use the version that wrote them, or record them again."
        )
    try:
        return Recordings(
            name=str(path),
            config=StudyConfig.from_stored(header["study"]),
            fingerprint=header["fingerprint"],
            distributions={name: json_to_distribution(text) for name, text in header["distributions"].items()},
            runs=tuple(_run(path, number, line) for number, line in enumerate(lines[1:], start=2)),
        )
    except (AttributeError, KeyError, TypeError, ValueError, ValidationError) as error:
        raise UserError(f"Line 1 of {path} does not say what was recorded: {error!r}. Record it again.") from error


def check_comparable(name: str, stored: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Refuse recorded runs whose seconds mean something else than others do.

    Args:
        name: of what holds them.
        stored: their fingerprint.
        wanted: the fingerprint of the others.

    Raises:
        UserError: if they differ in the task, the objective or the budget.
    """
    different = differences(dict(stored), dict(wanted), sections=SECONDS_DEPEND_ON)
    if different:
        raise UserError(
            "\n".join(
                [
                    f"The curves in {name} were recorded for something else:",
                    *different,
                    "Curves of one task, objective and budget can be compared. Give others, or another file.",
                ]
            )
        )


def _header(
    config: StudyConfig, fingerprint: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "schema": _SCHEMA_NUMBER,
        "study": attributes.without_password(config).model_dump(mode="json"),
        "fingerprint": dict(fingerprint),
        "distributions": {name: distribution_to_json(each) for name, each in distributions.items()},
    }


def _line(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def _parsed(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise UserError(f"{path} is not a file of recorded curves: its line {number} is no JSON object.")
    return data


def _run(path: Path, number: int, line: str) -> RecordedRun:
    try:
        return RecordedRun.from_json(_parsed(path, number, line))
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"Line {number} of {path} is not a recorded curve: {error!r}. Remove the line.") from error
