"""What the dashboard shows in addition to the numbers: notes, pictures and figures, made from the storage.

None of it is stored. It is added to the attributes in which the dashboard looks for notes, figures and artifacts, in
the format that the dashboard itself writes. So a running study never waits for it, nothing is out of date, and a note
that a user edits replaces ours.
"""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

import optuna
import plotly.graph_objects as go
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from tuner.clock import Clock
from tuner.config import StudyConfig
from tuner.dashboard._pictures import Kind, PictureName
from tuner.dashboard._study_note import study_note
from tuner.dashboard._trial_note import trial_note
from tuner.figures import ledgers_data, ledgers_figure, returns_data, returns_figure, seconds_data
from tuner.storage import attributes, config_of, device_class_of, device_classes, newer_schema, outcome_of, ticks_of

_CHUNK = 2045
"""Characters of a note or figure in one attribute. The dashboard itself uses this number, because of MySQL."""
_COST_SHARE = 0.05
"""At most this share of the time is spent on updating annotations."""
_FRESH_SECONDS = 2.0
_THICK_CURVES = 3
_TITLES = {"returns": "Return over the training clock", "seconds": "Where the seconds went"}
_CARD = {"l": 60, "r": 20, "t": 44, "b": 60}

Attributes = dict[str, Any]


@dataclass
class _Made:
    """The annotations of one study, and when they have to be updated."""

    blocks: dict[str, Attributes] = field(default_factory=dict)
    """Attributes of the study: notes and figures."""
    pictures: dict[int, Attributes] = field(default_factory=dict)
    """Attributes of its trials, by their ids. The dashboard would find them in the study's attributes too, but it
    searches all of those for every trial."""
    due: float = 0.0
    finished: dict[int, dict[str, Attributes]] = field(default_factory=dict)
    """Notes of trials that do not change any more, by trial id."""
    several_devices: bool = False
    """Whether its trials ran on several device classes."""
    notes: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Version and text of each note, by its key. The dashboard regards a higher version as a new text."""


class Annotations:
    """Makes the annotations of studies, and updates them when they may have changed.

    Args:
        storage: the storage that they are made from; it is only read.
        shown_storage: its URL without the password, for commands in notes.
        clock: determines when they are updated.
    """

    def __init__(self, storage: BaseStorage, *, shown_storage: str, clock: Clock) -> None:
        self._storage = storage
        self._shown_storage = shown_storage
        self._clock = clock
        self._made: dict[int, _Made] = {}
        self._lock = threading.Lock()

    def of(self, study_id: int) -> dict[str, Attributes]:
        """Return a study's notes and figures as system attributes, in blocks that belong together.

        If the storage has the attribute with the key of a block, a user has replaced the block.

        Args:
            study_id: its id in the storage; an unknown one raises KeyError.
        """
        with self._lock:
            return self._fresh(study_id).blocks

    def pictures(self, study_id: int) -> dict[int, Attributes]:
        """Return the pictures of a study's trials as system attributes, by the ids of the trials.

        Args:
            study_id: its id in the storage; an unknown one raises KeyError.
        """
        with self._lock:
            return self._fresh(study_id).pictures

    def pictures_of(self, trial_id: int) -> Attributes:
        """Return the pictures of a trial if annotations of its study have been made."""
        with self._lock:
            return next((made.pictures[trial_id] for made in self._made.values() if trial_id in made.pictures), {})

    def _fresh(self, study_id: int) -> _Made:
        made = self._made.setdefault(study_id, _Made())
        began = self._clock.now()
        if began >= made.due:
            made.blocks = self._make(study_id, made)
            ended = self._clock.now()
            made.due = ended + max(_FRESH_SECONDS, (ended - began) / _COST_SHARE)
        return made

    def _make(self, study_id: int, made: _Made) -> dict[str, Attributes]:
        study = optuna.load_study(study_name=self._storage.get_study_name_from_id(study_id), storage=self._storage)
        newer = newer_schema(study)
        if newer is not None:
            return _note_block(made, None, newer)
        config = config_of(study)
        if config is None:
            return {}
        text = study_note(study, storage=self._shown_storage)
        blocks = {**_note_block(made, None, text), **_figure_blocks(study, config)}
        trials = study.get_trials(deepcopy=False)
        repeated = {trial.user_attrs.get(attributes.RETRY_OF) for trial in trials}
        several = len(device_classes(trials)) > 1
        if several != made.several_devices:  # notes of trials say what they ran on, if that matters
            made.several_devices = several
            made.finished.clear()
        for trial in trials:
            blocks |= made.finished.get(trial._trial_id) or self._trial_blocks(study_id, trial, config, made, repeated)
        return blocks

    def _trial_blocks(
        self, study_id: int, trial: FrozenTrial, config: StudyConfig, made: _Made, repeated: set[int | None]
    ) -> dict[str, Attributes]:
        finished = trial.state.is_finished()
        revision = 0 if finished else 1 + (trial.last_step or 0)
        names = {kind: PictureName(study_id, trial._trial_id, kind, revision) for kind in _kinds(trial)}
        paths = {kind.name.lower(): name.path for kind, name in names.items()}
        queued_again = trial.number in repeated
        device = device_class_of(trial) if made.several_devices else None
        text = trial_note(
            trial, config.objective, config.budget, queued_again=queued_again, device=device, pictures=paths
        )
        blocks = _note_block(made, trial._trial_id, text)
        made.pictures[trial._trial_id] = {f"artifacts:{name.artifact_id}": _facts(name) for name in names.values()}
        if finished and (queued_again or attributes.counts(trial)):
            made.finished[trial._trial_id] = blocks
        return blocks


def _facts(name: PictureName) -> str:
    """Return the description of an artifact for the dashboard."""
    facts = {"artifact_id": name.artifact_id, "filename": name.kind.file_name, "mimetype": name.kind.media_type}
    return json.dumps({**facts, "encoding": None})


def _kinds(trial: FrozenTrial) -> list[Kind]:
    """Return the kinds of pictures that can be drawn of a trial."""
    outcome = outcome_of(trial)
    has_curve = bool(trial.intermediate_values) if outcome is None else bool(_ticks(trial) or outcome.evaluations)
    has_ledger = outcome is not None and sum(outcome.ledger.values()) > 0
    kinds = [Kind.CURVE, Kind.CURVE_PAGE] * has_curve + [Kind.LEDGER, Kind.LEDGER_PAGE] * has_ledger
    return sorted(kinds)


def _ticks(trial: FrozenTrial) -> list[float]:
    """Return the returns of a finished trial that can be drawn."""
    ticks = ticks_of(trial) or []
    known = [tick.estimate for tick in ticks if tick.estimate is not None]
    return known or [tick.best for tick in ticks if tick.best is not None]


def _note_block(made: _Made, trial_id: int | None, text: str) -> dict[str, Attributes]:
    prefix = "dashboard:" if trial_id is None else f"dashboard:{trial_id}:"
    version, former = made.notes.get(prefix, (0, ""))
    version += text != former
    made.notes[prefix] = (version, text)
    key = f"{prefix}note_ver"
    return {key: {key: version, **_chunks(f"{prefix}note_str:", text)}}


def _figure_blocks(study: optuna.Study, config: StudyConfig) -> dict[str, Attributes]:
    """Return the curves and the ledgers of all trials, as figures on the study's page."""
    figures: dict[str, go.Figure] = {}
    returns = returns_data(study, top=_THICK_CURVES)
    if not returns.empty:
        figures["returns"] = returns_figure(returns, target=config.objective.target)
    ledgers = ledgers_data(study)
    if not ledgers.empty and ledgers["seconds"].sum() > 0:
        figures["seconds"] = ledgers_figure(ledgers, seconds_data(study))
    blocks = {}
    for name, figure in figures.items():
        # The page has less space than the figure was made for, and none for the sentence above it.
        figure.update_layout(width=None, height=None, autosize=True, margin=_CARD, meta=None)
        figure.update_layout(title={"text": f"<b>{_TITLES[name]}</b>", "y": 0.97, "font_size": 18})
        prefix = f"dashboard:plot_data:{name}:"
        blocks[f"{prefix}0"] = _chunks(prefix, figure.to_json())
    return blocks


def _chunks(prefix: str, text: str) -> Attributes:
    return {f"{prefix}{start // _CHUNK}": text[start : start + _CHUNK] for start in range(0, len(text), _CHUNK)}
