"""Optuna's cache in front of a database, which also keeps the running trials that this process itself writes.

Optuna reads every trial that has not ended again whenever it is asked for the trials of a study, which is at each tick
of each trial: about a millisecond for each running one. But a running trial belongs to one manager, and nobody else
writes it. So what this process writes to its own trials is kept here too; they are not read again until they end.
"""

import json
from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage, _StudyInfo
from optuna.trial import FrozenTrial, TrialState


class OwnTrialsStorage(_CachedStorage):
    """A storage for the process that runs trials. For one that only reads it is Optuna's own.

    A trial is this process's own from when it created it running, or took it out of the queue, until it ends, or the
    database refuses a change: then somebody else has ended it, and it is read again.

    Args:
        backend: the database.
    """

    def __init__(self, backend: RDBStorage) -> None:
        super().__init__(backend)
        self._own: dict[int, FrozenTrial] = {}
        """By their ids; the objects are those of the cache."""
        self._newest: dict[int, int] = {}
        """The highest id of a trial that was read, by the id of its study. Optuna creates the trials of a study one
        after the other, so that none with a lower id comes later."""

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Create a trial; a running one is this process's own."""
        trial_id = super().create_new_trial(study_id, template_trial)
        with self._lock:
            study = self._studies[study_id]
            number = self._trial_id_to_study_id_and_number[trial_id][1]
            study.unfinished_trial_ids.add(trial_id)
            if study.trials[number].state is TrialState.RUNNING:
                self._own[trial_id] = study.trials[number]
        return trial_id

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial; one of this process's own that somebody else has ended is its own no more."""
        trial = super().get_trial(trial_id)
        if trial.state.is_finished():
            self._own.pop(trial_id, None)
        return trial

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Change the state of a trial; one that is taken out of the queue becomes this process's own."""
        self._own.pop(trial_id, None)  # read again, unless it is one now
        changed = super().set_trial_state_values(trial_id, state, values)
        if changed and state is TrialState.RUNNING:
            trial = self._backend.get_trial(trial_id)
            with self._lock:
                place = self._trial_id_to_study_id_and_number.get(trial_id)
                if place is not None:
                    self._studies[place[0]].trials[trial.number] = self._own[trial_id] = trial
        return changed

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        """Store a parameter."""
        own = self._own.pop(trial_id, None)  # put back once the database has it
        super().set_trial_param(trial_id, param_name, param_value_internal, distribution)
        if own is not None:
            own.params = {**own.params, param_name: distribution.to_external_repr(param_value_internal)}
            own.distributions = {**own.distributions, param_name: distribution}
            self._own[trial_id] = own

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Store a value at a step."""
        own = self._own.pop(trial_id, None)
        super().set_trial_intermediate_value(trial_id, step, intermediate_value)
        if own is not None:
            own.intermediate_values[step] = intermediate_value
            self._own[trial_id] = own

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Store a user attribute."""
        own = self._own.pop(trial_id, None)
        super().set_trial_user_attr(trial_id, key, value)
        if own is not None:
            own.set_user_attr(key, json.loads(json.dumps(value)))  # as the database returns it
            self._own[trial_id] = own

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Store a system attribute."""
        own = self._own.pop(trial_id, None)
        super().set_trial_system_attr(trial_id, key, value)
        if own is not None:
            own.system_attrs = {**own.system_attrs, key: json.loads(json.dumps(value))}
            self._own[trial_id] = own

    def _read_trials_from_remote_storage(self, study_id: int) -> None:
        """Read trials that are new, and those of others that had not ended."""
        with self._lock:
            study = self._studies.setdefault(study_id, _StudyInfo())
            newest = self._newest.get(study_id, -1) if study.trials else -1
            trials = self._backend._get_trials(
                study_id,
                states=None,
                included_trial_ids=study.unfinished_trial_ids - self._own.keys(),
                trial_id_greater_than=newest,
            )
            for trial in trials:
                self._take_in(study_id, study, trial)
            if trials:
                self._newest[study_id] = max(newest, *(trial._trial_id for trial in trials))

    def _take_in(self, study_id: int, study: _StudyInfo, trial: FrozenTrial) -> None:
        """Put a trial that was read into the cache, unless what is there is newer."""
        own = self._own.get(trial._trial_id)
        if own is not None and study.trials.get(trial.number) is own:
            return
        self._own.pop(trial._trial_id, None)  # the cache was emptied
        self._add_trials_to_cache(study_id, [trial])
        if trial.state.is_finished():
            study.unfinished_trial_ids.discard(trial._trial_id)
        else:
            study.unfinished_trial_ids.add(trial._trial_id)
