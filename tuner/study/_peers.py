"""The trials with which the pruner compares a running one: those of its own device class."""

import copy
from collections.abc import Container
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState

from tuner.storage import comparable, device_class_of


def should_prune(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Return whether the study's pruner would stop a running trial; other device classes are hidden from it."""
    latest = trial._get_latest_trial()
    name = device_class_of(latest)
    if name is None:
        return study.pruner.prune(study, latest)
    seen = copy.copy(study)
    seen._storage = _Peers(study._storage, name)  # type: ignore[assignment]
    return study.pruner.prune(seen, latest)


class _Peers:
    """A storage whose studies have the trials of one device class only, so that no pruner needs to know of classes."""

    def __init__(self, storage: BaseStorage, class_name: str) -> None:
        self._storage = storage
        self._class_name = class_name

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        return comparable(self._storage.get_all_trials(study_id, deepcopy, states), self._class_name)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)
