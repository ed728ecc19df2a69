"""The record of each `tuner run` in the storage: who runs it and still lives, how long, with how many slots.

A manager that runs a study writes to its own entry from time to time: it holds a lease. One that has not written for
`LEASE_SECONDS` by the storage's clock is dead to the others, and so is one whose process has ended on this machine. Who
notices writes so in the entry, and the manager reads it there if it lives after all.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Any
from uuid import uuid4

import optuna

from tuner.clock import Clock, wall_time
from tuner.errors import TunerError
from tuner.storage._claim import storage_time, transact
from tuner.storage._opening import open_storage, storage_error
from tuner.storage._owner import BusyError, Owner
from tuner.storage._patience import STORAGE_ERRORS, on_server
from tuner.storage._reading import confirm_name, study_of
from tuner.storage._url import shown_url
from tuner.storage.attributes import RUNS

LEASE_SECONDS = 120.0
"""A manager that has not written for this long is considered dead."""
_HEARTBEAT_SECONDS = 30.0
_LOOK_SECONDS = 1.0
LOST = "lost"
"""The end of a run whose manager was considered dead."""

_UNKNOWN: dict[str, Any] = {
    "id": None,
    "owner": {},
    "version": None,
    "slots": 1,
    "threads": None,
    "started_epoch_seconds": 0.0,
    "seen_epoch_seconds": 0.0,
    "wall_seconds": 0.0,
    "end": None,
}


class RunRecord:
    """The entry of the current run. It is updated regularly, so that others know that the manager lives.

    Creating one joins the study. Do this inside `claiming`, after `check_not_running` or `living_runs`.

    Args:
        study: the study.
        slots: how many trials run side by side.
        threads: CPUs of each worker.
        clock: measures the run.
    """

    def __init__(self, study: optuna.Study, *, slots: int, threads: int, clock: Clock) -> None:
        self._study = study
        self._clock = clock
        self._began = clock.now()
        self._written = self._began
        earlier = list(study.user_attrs.get(RUNS, []))
        self.number = len(earlier)
        """How many runs the study had before."""
        self._entry: dict[str, Any] = {
            "id": uuid4().hex,
            "owner": Owner.current().to_json(),
            "version": own_version(),
            "slots": slots,
            "threads": threads,
            "started_epoch_seconds": wall_time(),
            "end": None,
        }
        self.unlike_earlier = unlike(_filled_in(earlier), host=self._entry["owner"]["host"], threads=threads)
        """Why the seconds of this run may not compare with those of earlier runs, as a sentence; None if they do."""
        self._write(earlier)

    @property
    def owner(self) -> dict[str, Any]:
        """What the trials of this run have as their `OWNER`."""
        return {**self._entry["owner"], "run": self._entry["id"]}

    @property
    def wall_seconds(self) -> float:
        """Seconds since the run began."""
        return self._clock.now() - self._began

    @property
    def due(self) -> bool:
        """Whether it is time to `renew` the lease."""
        return self._clock.now() - self._written >= _HEARTBEAT_SECONDS

    def renew(self) -> None:
        """Write that this manager lives, and which others do not. Do this inside `claiming`.

        Raises:
            TunerError: if this one was considered dead, and the study can have one manager only.
        """
        runs = _stored(self._study)
        mine = next((run for run in runs if run.get("id") == self._entry["id"]), None)
        if mine is not None and mine["end"] == LOST and not shared(self._study):
            raise TunerError(
                f"Another process has taken over the study '{self._study.study_name}': this one had not written to the "
                f"storage for more than {LEASE_SECONDS:.0f} s and was considered dead. Its finished trials are kept."
            )
        # A manager that has been silent for long itself does not judge: the database may have been away from everybody.
        if mine is not None and storage_time(self._study._storage) - mine["seen_epoch_seconds"] < LEASE_SECONDS:
            _mark_dead(self._study, [run for run in runs if run is not mine])
        self._write([run for run in runs if run is not mine])

    def end(self, reason: str) -> None:
        """Write that the run ended, and why, unless the study has one manager only and that is another one by now."""

        def write() -> None:
            runs = _stored(self._study)
            mine = next((run for run in runs if run.get("id") == self._entry["id"]), None)
            if mine is not None and (mine["end"] != LOST or shared(self._study)):
                self._entry["end"] = reason
                self._write([run for run in runs if run is not mine])

        transact(self._study._storage, study_of(self._study.study_name), write)

    def _write(self, others: list[dict[str, Any]]) -> None:
        """Write this run's entry, in its place among the others."""
        self._written = self._clock.now()
        seen = storage_time(self._study._storage)
        self._entry |= {"wall_seconds": self.wall_seconds, "seen_epoch_seconds": seen}
        self._study.set_user_attr(RUNS, [*others[: self.number], self._entry, *others[self.number :]])


def own_version() -> str:
    """Return the version of sac-tuner; managers of one study must have the same."""
    try:
        return version("sac-tuner")
    except PackageNotFoundError:  # a source tree that was never installed
        return "unknown"


def runs_of(study: optuna.Study) -> list[dict[str, Any]]:
    """Return a study's runs, oldest first.

    Each has `id`, `owner`, `version`, `slots`, `threads` (of each worker), `started_epoch_seconds`,
    `seen_epoch_seconds`, `wall_seconds`, and `end`: why it ended, `lost` for one that was killed, or None for one
    that runs, or was killed and nobody has noticed. Fields that another version of this program left out are filled in.
    """
    return _filled_in(study.user_attrs.get(RUNS, []))


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


def shared(study: optuna.Study) -> bool:
    """Return whether several managers may run a study at once: one on a server, if it holds no confirm runs."""
    return on_server(study._storage) and study_of(study.study_name) == study.study_name


def living_runs(study: optuna.Study) -> list[dict[str, Any]]:
    """Return the runs that have neither ended nor died, and write down those that have died. Inside `claiming` only."""
    runs = _stored(study)
    if _mark_dead(study, runs):
        study.set_user_attr(RUNS, runs)
    return [run for run in _filled_in(runs) if run["end"] is None]


def check_not_running(study: optuna.Study) -> None:
    """Refuse a study that is being run or confirmed. Inside `claiming` only.

    Raises:
        BusyError: if so; the message says who runs it.
    """
    living = living_runs(study)
    if living:
        raise BusyError(study.study_name, _names(study, living))
    check_not_confirmed(study)


def check_not_confirmed(study: optuna.Study) -> None:
    """Refuse a study that is being confirmed. Inside `claiming` only.

    Raises:
        BusyError: if so; the message says who confirms it.
    """
    try:
        confirm = optuna.load_study(study_name=confirm_name(study.study_name), storage=study._storage)
    except KeyError:
        return
    living = living_runs(confirm)
    if living:
        raise BusyError(study.study_name, _names(study, living), doing="confirmed")


def wait_for_others(url: str, name: str, clock: Clock) -> None:
    """Wait until nobody runs a study any more: it has all its trials, so the other managers end soon or are dead.

    Raises:
        TunerError: if the storage fails.
    """
    try:
        study = optuna.load_study(study_name=name, storage=open_storage(url))
        while transact(study._storage, name, lambda: living_runs(study)):
            clock.sleep(_LOOK_SECONDS)
    except STORAGE_ERRORS as error:
        raise storage_error(error, shown_url(url)) from error


def _stored(study: optuna.Study) -> list[dict[str, Any]]:
    return [{"end": None, "seen_epoch_seconds": 0.0, **run} for run in study.user_attrs.get(RUNS, [])]


def _filled_in(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**_UNKNOWN, **run} for run in runs]


def _mark_dead(study: optuna.Study, runs: list[dict[str, Any]]) -> bool:
    """Give the runs whose managers are dead the end `LOST`; return whether there were any."""
    now = storage_time(study._storage)
    dead = [run for run in runs if run["end"] is None and _is_dead(run, now)]
    for run in dead:
        run["end"] = LOST
    return bool(dead)


def _is_dead(run: dict[str, Any], now: float) -> bool:
    owner = Owner.from_json(run.get("owner", {}))
    if owner == Owner.current():
        return True  # an earlier run of this process, which has ended
    return (owner is not None and owner.alive() is False) or now - run["seen_epoch_seconds"] >= LEASE_SECONDS


def _names(study: optuna.Study, runs: list[dict[str, Any]]) -> str:
    """Return who runs a study, and when each wrote last."""
    now = storage_time(study._storage)
    owners = [(Owner.from_json(run["owner"]) or "another process", now - run["seen_epoch_seconds"]) for run in runs]
    return ", ".join(f"{owner}, which wrote {max(0.0, seconds):.0f} s ago" for owner, seconds in owners)
