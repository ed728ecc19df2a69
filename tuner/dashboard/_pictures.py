"""The pictures of trials. Their names say what they show. They are drawn on request and never stored."""

import re
from dataclasses import dataclass
from enum import IntEnum
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Self

import optuna
from optuna.artifacts import FileSystemArtifactStore
from optuna.artifacts.exceptions import ArtifactNotFound
from optuna.storages import BaseStorage

from tuner.dashboard._svg import curve_svg, ledger_svg
from tuner.errors import UserError
from tuner.figures import (
    trial_curve_data,
    trial_curve_figure,
    trial_evaluations_data,
    trial_ledger_data,
    trial_ledger_figure,
)
from tuner.storage import config_of, outcome_kind_of

_ID = re.compile(r"f19-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)-([0-9a-f]+)")
"""Hexadecimal, as the dashboard requires for artifacts. The UUIDs of other artifacts do not match."""


class Kind(IntEnum):
    """What a picture shows."""

    CURVE = 1
    """Return over the training clock, as an image."""
    LEDGER = 2
    """Where the seconds went, as an image."""
    CURVE_PAGE = 3
    """The same as an interactive page made with Plotly."""
    LEDGER_PAGE = 4

    @property
    def file_name(self) -> str:
        """Its name when a user saves it."""
        return ("", "return.svg", "seconds.svg", "return.html", "seconds.html")[self]

    @property
    def media_type(self) -> str:
        """Its type for browsers."""
        return "image/svg+xml" if self in (Kind.CURVE, Kind.LEDGER) else "text/html"


@dataclass(frozen=True)
class PictureName:
    """One picture of one trial."""

    study_id: int
    trial_id: int
    kind: Kind
    revision: int
    """Increases while the trial is running, so that browsers load the picture again."""

    @property
    def artifact_id(self) -> str:
        """Its id in the dashboard."""
        return f"f19-{self.study_id:x}-{self.trial_id:x}-{self.kind:x}-{self.revision:x}"

    @property
    def path(self) -> str:
        """The path under which the dashboard serves it."""
        return f"/artifacts/{self.study_id}/{self.trial_id}/{self.artifact_id}"

    @classmethod
    def parse(cls, artifact_id: str) -> Self | None:
        """Return the picture with this id; None for another artifact."""
        match = _ID.fullmatch(artifact_id)
        if match is None:
            return None
        study, trial, kind, revision = (int(number, 16) for number in match.groups())
        return cls(study, trial, Kind(kind), revision) if kind in set(Kind) else None


class PictureStore:
    """An artifact store that draws the pictures of trials, and keeps all other artifacts in a folder.

    Args:
        storage: the storage that the pictures are drawn from.
        folder: for artifacts that users upload; created with the first one.
    """

    def __init__(self, storage: BaseStorage, folder: Path) -> None:
        self._storage = storage
        self._folder = folder
        self._files = FileSystemArtifactStore(folder)

    def open_reader(self, artifact_id: str) -> BinaryIO:
        """Return the content of an artifact; raises ArtifactNotFound if there is none."""
        name = PictureName.parse(artifact_id)
        if name is None:
            return self._files.open_reader(artifact_id)
        drawn = self._draw(name)
        if drawn is None:
            raise ArtifactNotFound(f"There is nothing to draw for {artifact_id}.")
        return BytesIO(drawn.encode())

    def write(self, artifact_id: str, content_body: BinaryIO) -> None:
        """Store an artifact that a user uploads."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._files.write(artifact_id, content_body)

    def remove(self, artifact_id: str) -> None:
        """Remove an artifact. Pictures cannot be removed, because they are not stored."""
        if PictureName.parse(artifact_id) is None:
            self._files.remove(artifact_id)

    def _draw(self, name: PictureName) -> str | None:
        try:
            study = optuna.load_study(
                study_name=self._storage.get_study_name_from_id(name.study_id), storage=self._storage
            )
            number = self._storage.get_trial_number_from_id(name.trial_id)
            return draw(study, number, name.kind)
        except (KeyError, UserError) as error:  # deleted in the meantime, or of another program
            raise ArtifactNotFound(str(error)) from error


def draw(study: optuna.Study, trial: int, kind: Kind) -> str | None:
    """Return a picture as SVG or HTML; None if the trial has nothing to draw yet.

    Args:
        study: a study of this program.
        trial: the trial's number.
        kind: what to draw.

    Raises:
        UserError: if another program made the study, or it has no such trial.
    """
    if kind is Kind.LEDGER:
        return ledger_svg(trial_ledger_data(study, trial))
    if kind is Kind.CURVE:
        config = config_of(study)
        return curve_svg(
            trial_curve_data(study, trial),
            trial_evaluations_data(study, trial),
            target=None if config is None else config.objective.target,
            outcome=outcome_kind_of(study.get_trials(deepcopy=False)[trial]),
        )
    figure = trial_curve_figure(study, trial) if kind is Kind.CURVE_PAGE else trial_ledger_figure(study, trial)
    return None if figure is None else str(figure.to_html(include_plotlyjs=True, full_html=True))
