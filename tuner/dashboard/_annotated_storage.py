"""The storage as the dashboard sees it: with annotations added, and read-only except for notes and artifacts."""

import copy
import re
from collections.abc import Container, Iterator, Mapping
from typing import Any, NoReturn

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy
from optuna.trial import FrozenTrial, TrialState

from tuner.dashboard._annotations import Annotations, Attributes
from tuner.dashboard._pictures import PictureName
from tuner.passwords import mask_passwords_in

_OVERLAID = ("dashboard:", "artifacts:")
_ARTIFACT = re.compile(r"(?:dashboard:)?artifacts:(?:\d+:)?(?P<id>[0-9a-f-]+)")


class AnnotatedStorage(BaseStorage):
    """Adds annotations to the system attributes of studies; writes only notes and artifacts.

    Args:
        storage: the storage.
        annotations: the annotations of its studies.
    """

    def __init__(self, storage: BaseStorage, annotations: Annotations) -> None:
        self._storage = storage
        self._annotations = annotations

    def get_all_studies(self) -> list[FrozenStudy]:
        """Return all studies. Annotations are made only for studies whose annotations are read."""
        studies = sorted(self._storage.get_all_studies(), key=lambda study: study._study_id)
        for study in studies:
            study.user_attrs = mask_passwords_in(study.user_attrs)
            study.system_attrs = _Overlaid(study.system_attrs, self._annotations, study._study_id)  # type: ignore[assignment]
        return studies

    def get_study_system_attrs(self, study_id: int) -> dict[str, Any]:
        """Return a study's system attributes, annotations included."""
        return overlaid(self._storage.get_study_system_attrs(study_id), self._annotations.of(study_id))

    def set_study_system_attr(self, study_id: int, key: str, value: Any) -> None:
        """Store a note, or the description of an artifact."""
        self._check_is_annotation(key)
        if not _is_picture(key):
            self._storage.set_study_system_attr(study_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Store the description of an artifact."""
        self._check_is_annotation(key)
        if not _is_picture(key):
            self._storage.set_trial_system_attr(trial_id, key, value)

    def get_study_id_from_name(self, study_name: str) -> int:
        """Return a study's id."""
        return self._storage.get_study_id_from_name(study_name)

    def get_study_name_from_id(self, study_id: int) -> str:
        """Return a study's name."""
        return self._storage.get_study_name_from_id(study_id)

    def get_study_directions(self, study_id: int) -> list[StudyDirection]:
        """Return whether a study minimises."""
        return self._storage.get_study_directions(study_id)

    def get_study_user_attrs(self, study_id: int) -> dict[str, Any]:
        """Return the user attributes of a study, with passwords masked."""
        attributes: dict[str, Any] = mask_passwords_in(self._storage.get_study_user_attrs(study_id))
        return attributes

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial, with its pictures among its system attributes."""
        return _with_pictures(self._storage.get_trial(trial_id), self._annotations.pictures_of(trial_id))

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return a study's trials, with their pictures among their system attributes."""
        pictures = self._annotations.pictures(study_id)
        trials = self._storage.get_all_trials(study_id, deepcopy=deepcopy, states=states)
        return [_with_pictures(trial, pictures.get(trial._trial_id, {})) for trial in trials]

    def remove_session(self) -> None:
        """Release the connection of this thread."""
        self._storage.remove_session()

    def create_new_study(self, directions: Any, study_name: str | None = None) -> NoReturn:
        """Refuse."""
        _refuse()

    def delete_study(self, study_id: int) -> NoReturn:
        """Refuse."""
        _refuse()

    def set_study_user_attr(self, study_id: int, key: str, value: Any) -> NoReturn:
        """Refuse."""
        _refuse()

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> NoReturn:
        """Refuse."""
        _refuse()

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> NoReturn:
        """Refuse."""
        _refuse()

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Any = None) -> NoReturn:
        """Refuse."""
        _refuse()

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> NoReturn:
        """Refuse."""
        _refuse()

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> NoReturn:
        """Refuse."""
        _refuse()

    @staticmethod
    def _check_is_annotation(key: str) -> None:
        if not key.startswith(_OVERLAID):
            _refuse()


class _Overlaid(Mapping[str, Any]):
    """System attributes of one study. Its annotations are made when one of them is read."""

    def __init__(self, stored: Attributes, annotations: Annotations, study_id: int) -> None:
        self._stored = stored
        self._annotations = annotations
        self._study_id = study_id
        self._all: Attributes | None = None

    def __getitem__(self, key: str) -> Any:
        return self._stored[key] if not key.startswith(_OVERLAID) else self._merged()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._merged())

    def __len__(self) -> int:
        return len(self._merged())

    def items(self) -> Any:
        return self._merged().items()  # much faster than a Mapping's own, and called for every trial

    def _merged(self) -> Attributes:
        if self._all is None:
            self._all = overlaid(self._stored, self._annotations.of(self._study_id))
        return self._all


def overlaid(stored: Attributes, blocks: Mapping[str, Attributes]) -> Attributes:
    """Return attributes with annotations added. Stored attributes take precedence.

    Args:
        stored: the attributes in the storage.
        blocks: see `Annotations.of`.
    """
    merged: Attributes = {}
    for key, block in blocks.items():
        if key not in stored:
            merged |= block
    return merged | stored


def _with_pictures(trial: FrozenTrial, pictures: Attributes) -> FrozenTrial:
    shown = copy.copy(trial)  # the storage may return its own object
    shown._system_attrs = pictures | trial._system_attrs
    return shown


def _is_picture(key: str) -> bool:
    match = _ARTIFACT.fullmatch(key)
    return match is not None and PictureName.parse(match["id"]) is not None


def _refuse() -> NoReturn:
    raise PermissionError("The dashboard writes notes and artifacts, and nothing else.")
