"""Optuna's cache in front of a database, for a process that runs many trials at once.

Optuna reads every trial that has not ended again whenever it is asked for the trials of a study, which is at each tick
of each trial, and writes each value and parameter in a transaction of its own: a millisecond or more for each. But a
running trial belongs to one manager, and nobody else writes it. So what this process writes to its own trials is kept
here too, and they are not read again until they end; what they report is written together, about once a second; and
other processes' trials are read as often.
"""

import json
from collections.abc import Sequence
from copy import copy
from typing import Any

from optuna.distributions import BaseDistribution, check_distribution_compatibility
from optuna.storages import BaseStorage
from optuna.storages._cached_storage import _CachedStorage, _StudyInfo
from optuna.trial import FrozenTrial, TrialState

from tuner.clock import MonotonicClock
from tuner.storage._patience import PatientStorage

CLOCK = MonotonicClock()
READ_SECONDS = 1.0
"""What other processes have written is seen at most this long after it was."""
WRITE_SECONDS = 1.0
"""What running trials report is written at most this long after it was, if the storage is used meanwhile."""


class OwnTrialsStorage(_CachedStorage):
    """A storage for the process that runs trials.

    A trial is this process's own from when it created it running, or took it out of the queue, until it ends, or the
    database refuses a change: then somebody else has ended it, and it is read again. A transaction (see `claiming`)
    begins with what the database has.

    Args:
        backend: the database.
    """

    _backend: PatientStorage

    def __init__(self, backend: PatientStorage) -> None:
        super().__init__(backend)
        self._own: dict[int, FrozenTrial] = {}
        """By their ids; the objects are those of the cache."""
        self._newest: dict[int, int] = {}
        """The highest id of a trial that was read, by the id of its study. Optuna creates the trials of a study one
        after the other, so that none with a lower id comes later."""
        self._read_at: dict[int, float] = {}
        """When the trials of a study were read last, by its id; on the clock."""
        self._looked_at: dict[int, float] = {}
        """When one of the own trials was last read by itself."""
        self._values: dict[tuple[int, int], float] = {}
        """Reported and not written yet, by trial and step."""
        self._parameters: dict[tuple[int, str], tuple[float, BaseDistribution]] = {}
        """Sampled and not written yet, by trial and name."""
        self._wrote_at = 0.0

    def read_again(self) -> None:
        """Read everything that others may have changed, once, when it is asked for next."""
        self._read_at.clear()
        self._looked_at.clear()

    def write(self, *, when_due: bool = False) -> None:
        """Write what running trials have reported.

        Args:
            when_due: only if the last time is `WRITE_SECONDS` ago.
        """
        if not (self._values or self._parameters):
            return
        if when_due and CLOCK.now() - self._wrote_at < WRITE_SECONDS:
            return
        ended = self._backend.write_reports(self._parameters, self._values)
        self._values, self._parameters, self._wrote_at = {}, {}, CLOCK.now()
        for trial_id in ended:
            self._own.pop(trial_id, None)
            self._read_at.clear()

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Create a trial; a running one is this process's own."""
        trial_id = super().create_new_trial(study_id, template_trial)
        with self._lock:
            self._read_at.clear()
            study = self._studies[study_id]
            number = self._trial_id_to_study_id_and_number[trial_id][1]
            study.unfinished_trial_ids.add(trial_id)
            if study.trials[number].state is TrialState.RUNNING:
                self._own[trial_id] = study.trials[number]
        return trial_id

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """Return a trial; one of this process's own that somebody else has ended is its own no more."""
        own, now = self._own.get(trial_id), CLOCK.now()
        if own is not None and now - self._looked_at.get(trial_id, -READ_SECONDS) < READ_SECONDS:
            return _copy(own)
        self._looked_at[trial_id] = now
        self.write()
        trial = super().get_trial(trial_id)
        if trial.state.is_finished() and self._own.pop(trial_id, None) is not None:
            self._read_at.clear()
        return trial

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Change the state of a trial; one that is taken out of the queue becomes this process's own."""
        self.write()
        self._own.pop(trial_id, None)  # read again, unless it is one now
        self._read_at.clear()
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
        own, place = self._own.get(trial_id), self._trial_id_to_study_id_and_number.get(trial_id)
        known = None if place is None else self._studies[place[0]].param_distribution.get(param_name)
        if own is None or known is None:
            self._own.pop(trial_id, None)  # put back once the database has it
            super().set_trial_param(trial_id, param_name, param_value_internal, distribution)
        else:
            check_distribution_compatibility(known, distribution)
            self._parameters[trial_id, param_name] = param_value_internal, distribution
        if own is not None:
            own.params = {**own.params, param_name: distribution.to_external_repr(param_value_internal)}
            own.distributions = {**own.distributions, param_name: distribution}
            self._own[trial_id] = own

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Store a value at a step."""
        own = self._own.get(trial_id)
        if own is not None:
            own.intermediate_values[step] = self._values[trial_id, step] = intermediate_value
            if not self._backend.in_transaction:
                self.write(when_due=True)
        if trial_id not in self._own:  # or is its own no more, which is refused here
            super().set_trial_intermediate_value(trial_id, step, intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Store a user attribute."""
        self.write()
        own = self._own.pop(trial_id, None)
        super().set_trial_user_attr(trial_id, key, value)
        if own is None:
            self._read_at.clear()
        else:
            own.set_user_attr(key, json.loads(json.dumps(value)))  # as the database returns it
            self._own[trial_id] = own

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Store a system attribute."""
        self.write()
        own = self._own.pop(trial_id, None)
        super().set_trial_system_attr(trial_id, key, value)
        if own is None:
            self._read_at.clear()
        else:
            own.system_attrs = {**own.system_attrs, key: json.loads(json.dumps(value))}
            self._own[trial_id] = own

    def _read_trials_from_remote_storage(self, study_id: int) -> None:
        """Read trials that are new, and those of others that had not ended, unless that was done a moment ago."""
        now = CLOCK.now()
        if now - self._read_at.get(study_id, -READ_SECONDS) < READ_SECONDS:
            return
        with self._lock:
            self._read_at[study_id] = now
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


def _copy(trial: FrozenTrial) -> FrozenTrial:
    """Return a trial of which more may be known later, without what will be known."""
    copied = copy(trial)
    copied.params, copied.distributions = dict(trial.params), dict(trial.distributions)
    copied.user_attrs, copied.system_attrs = dict(trial.user_attrs), dict(trial.system_attrs)
    copied.intermediate_values = dict(trial.intermediate_values)
    return copied


def write_reports(storage: BaseStorage, *, when_due: bool = False) -> None:
    """Let a storage write what running trials have reported, as `OwnTrialsStorage.write`; others have done so."""
    if isinstance(storage, OwnTrialsStorage):
        storage.write(when_due=when_due)


def read_again(storage: BaseStorage) -> None:
    """Let a storage read everything that others may have changed, as `OwnTrialsStorage.read_again`."""
    if isinstance(storage, OwnTrialsStorage):
        storage.read_again()
