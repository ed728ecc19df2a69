"""The record of each `tuner run` in the storage: who ran it, how long, with how many slots."""

from typing import Any

import optuna

from tuner.clock import Clock, wall_time
from tuner.errors import TunerError
from tuner.storage._claim import claiming
from tuner.storage._owner import Owner, being_run
from tuner.storage._reading import confirm_name, study_of
from tuner.storage.attributes import RUNS

_HEARTBEAT_SECONDS = 30.0
_SILENCE_SECONDS = 120.0
"""A manager on another host that has not written for this long is considered dead."""


_UNKNOWN: dict[str, Any] = {
    "owner": {},
    "slots": 1,
    "threads": None,
    "started_epoch_seconds": 0.0,
    "seen_epoch_seconds": 0.0,
    "wall_seconds": 0.0,
    "end": None,
}


class RunRecord:
    """The entry of the current run. It is updated regularly, so that others know how long a killed run lasted.

    Creating one claims the study. Do this inside `claiming`, after `check_not_running`.
    """

    def __init__(self, study: optuna.Study, *, slots: int, threads: int, clock: Clock) -> None:
        self._study = study
        self._clock = clock
        self._began = clock.now()
        self._written = self._began
        self._earlier: list[dict[str, Any]] = list(study.user_attrs.get(RUNS, []))
        self._entry: dict[str, Any] = {
            "owner": Owner.current().to_json(),
            "slots": slots,
            "threads": threads,
            "started_epoch_seconds": wall_time(),
            "end": None,
        }
        self._write()

    @property
    def wall_seconds(self) -> float:
        """Seconds since the run began."""
        return self._clock.now() - self._began

    @property
    def unlike_earlier(self) -> str | None:
        """Why the seconds of this run may not compare with those of earlier runs, as a sentence; None if they do."""
        return unlike(_filled_in(self._earlier), host=self._entry["owner"]["host"], threads=self._entry["threads"])

    def keep_fresh(self) -> None:
        """Update the record if the last update was long ago.

        Raises:
            TunerError: if another manager has taken the study over, because this one was considered dead.
        """
        if self._clock.now() - self._written >= _HEARTBEAT_SECONDS and not self._rewrite():
            raise TunerError(
                f"Another process has taken over the study '{self._study.study_name}': this one had not written to the "
                f"storage for more than {_SILENCE_SECONDS:.0f} s and was considered dead. Its finished trials are kept."
            )

    def end(self, reason: str) -> None:
        """Write that the run ended, and why, unless another manager has taken the study over."""
        self._entry["end"] = reason
        self._rewrite()

    def _rewrite(self) -> bool:
        """Update the record unless another manager has claimed the study. Return whether it was updated."""
        with claiming(self._study._storage, study_of(self._study.study_name)):
            latest = self._study.user_attrs.get(RUNS, [])[-1:]
            names = ("owner", "started_epoch_seconds")
            if [[run.get(name) for name in names] for run in latest] != [[self._entry[name] for name in names]]:
                return False
            self._write()
            return True

    def _write(self) -> None:
        self._written = self._clock.now()
        self._entry |= {"wall_seconds": self.wall_seconds, "seen_epoch_seconds": wall_time()}
        self._study.set_user_attr(RUNS, [*self._earlier, self._entry])


def runs_of(study: optuna.Study) -> list[dict[str, Any]]:
    """Return a study's runs, oldest first.

    Each has `owner`, `slots`, `threads` (of each worker), `started_epoch_seconds`, `seen_epoch_seconds`,
    `wall_seconds`, and `end`: why it ended, or None for one that runs or was killed. Fields that
    another version of this program left out are filled in.
    """
    return _filled_in(study.user_attrs.get(RUNS, []))


def _filled_in(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**_UNKNOWN, **run} for run in runs]


def unlike(runs: list[dict[str, Any]], *, threads: int, host: str | None = None) -> str | None:
    """Return why the seconds of a run may not compare with those of earlier runs, as a sentence; None if they do.

    Args:
        runs: the earlier runs.
        threads: CPUs of each worker now.
        host: the machine's name now; None for this one.
    """
    here = (Owner.current().host if host is None else host, threads)
    for run in runs:
        there = (run["owner"].get("host"), run["threads"])
        if None not in there and there != here:
            return (
                f"Earlier trials were timed on host {there[0]} with {there[1]} threads a worker, these are on host "
                f"{here[0]} with {here[1]}: their seconds may not compare."
            )
    return None


def check_not_running(study: optuna.Study) -> None:
    """Refuse a study that is being run or confirmed: whose latest run has neither ended nor died.

    Raises:
        UserError: if so; the message says who runs it.
    """
    storage = study._storage
    for name in (study.study_name, confirm_name(study.study_name)):
        try:
            attributes = storage.get_study_user_attrs(storage.get_study_id_from_name(name))
        except KeyError:
            continue
        for latest in _filled_in(attributes.get(RUNS, []))[-1:]:
            _check_has_ended(study, latest)


def _check_has_ended(study: optuna.Study, run: dict[str, Any]) -> None:
    if run["end"] is not None:
        return
    owner = Owner.from_json(run["owner"])
    if owner == Owner.current():
        return  # an earlier run of this process, which has ended
    alive = None if owner is None else owner.alive()
    if owner is None or alive is None:
        silent = wall_time() - run["seen_epoch_seconds"]
        if silent < _SILENCE_SECONDS:
            who = "another process" if owner is None else f"process {owner.pid} on host {owner.host}"
            raise being_run(study.study_name, f"{who}, which wrote {silent:.0f} s ago")
    elif alive:
        raise being_run(study.study_name, f"process {owner.pid}")
