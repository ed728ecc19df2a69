"""Confirm a study: open it, make the plan, and race its best configurations."""

from pathlib import Path

import optuna
from optuna.pruners import NopPruner
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from pydantic import ValidationError

from tuner.clock import Clock, MonotonicClock
from tuner.config import AgentConfig, ConfirmConfig, StudyConfig
from tuner.confirm._plan import Plan, load_confirm
from tuner.confirm._race_source import RaceSource
from tuner.confirm._reading import confirmation_data, outdated, runs_by_candidate
from tuner.confirm._results import Confirmation
from tuner.confirm._selection import make_plan
from tuner.errors import UserError
from tuner.listener import SilentListener, StudyListener
from tuner.spaces import SearchSpace
from tuner.storage import (
    STORAGE_ERRORS,
    Patience,
    RunRecord,
    StudySummary,
    attributes,
    check_not_running,
    check_schema_number,
    claiming,
    confirm_name,
    differences,
    fingerprint,
    lock_file,
    manager_lock,
    open_storage,
    runs_of,
    shown_url,
    storage_error,
    unlike,
    waiting,
    write_config,
)
from tuner.study import StopSwitch, TrialLoop, conclude_stale_trials
from tuner.workers import WorkerPool


class Confirmer:
    """Retrains the best configurations of a study on fresh seeds; no other process writes the study meanwhile.

    Running it again, in this process or another, continues: finished runs count, interrupted ones are repeated. With
    more seeds, or after the study has found better trials, only what is missing is run.

    Args:
        config: the study file, as the study was run; `budget.total_seconds` limits the confirmation here.
        settings: how many configurations and seeds, and the reference.
        pool: trains; opened and closed by the caller, and closed here too if the storage fails or a worker does not
            end.
        space: the search space; needed only for a reference.
        race_reference: drop the reference too when it is clearly slower.
        restart: discard earlier runs.
        listener: watches the runs, as it would watch a study's trials.
        clock: measures the run, for the records.
        runs_dir: runs write their files to `<runs_dir>/<study>/confirm/trial-NNNN`; None for no files.
        storage: an open storage; None opens `config.storage`.
    """

    def __init__(
        self,
        config: StudyConfig,
        settings: ConfirmConfig,
        pool: WorkerPool,
        *,
        space: SearchSpace | None = None,
        race_reference: bool = False,
        restart: bool = False,
        listener: StudyListener | None = None,
        clock: Clock | None = None,
        runs_dir: Path | None = None,
        storage: BaseStorage | None = None,
    ) -> None:
        self._config = config
        self._settings = settings
        self._pool = pool
        self._space = space
        self._race_reference = race_reference
        self._restart = restart
        self._listener = listener if listener is not None else SilentListener()
        self._clock = clock if clock is not None else MonotonicClock()
        self._runs_dir = runs_dir
        self._storage = storage
        self._stop = StopSwitch()

    def request_stop(self) -> None:
        """Ask it to end; safe in a signal handler. A second call ends it without waiting for the workers."""
        self._stop.press()

    def run(self) -> tuple[StudySummary, Confirmation]:
        """Race the candidates until each has its seeds or was dropped, time is up, or `request_stop` was called.

        Returns:
            How the run ended, and what is confirmed.

        Raises:
            BusyError: if the study is being run, or confirmed by another process.
            UserError: if it has nothing to confirm, or earlier results no longer belong to it.
            TunerError: if the storage fails, or one run after the other does.
        """
        config = self._config
        shown = shown_url(config.storage) if self._storage is None else "of this study"
        storage = self._storage if self._storage is not None else open_storage(config.storage)
        path = None if self._storage is not None else lock_file(config)
        with manager_lock(path, config.study):
            try:
                study = optuna.load_study(study_name=config.study, storage=storage)
                check_schema_number(study)
                with claiming(storage, config.study):
                    check_not_running(study)
                    confirm, plan = self._open(study)
                    record = RunRecord(
                        confirm, slots=self._pool.slots, threads=config.workers.threads, clock=self._clock
                    )
                patience = Patience(self._listener.on_message, lambda: self._stop.requests > 1)
                with waiting(storage, patience), self._loop(study, confirm, plan, record) as loop:
                    summary = loop.to_the_end()
                found = confirmation_data(study)
            except STORAGE_ERRORS as error:
                self._pool.close()
                raise storage_error(error, shown) from error
        if found is None:
            raise RuntimeError("a confirm study was written, but cannot be read back")
        return summary, found

    def _open(self, study: optuna.Study) -> tuple[optuna.Study, Plan]:
        """Return the study of the confirm runs with its plan; if that is refused, nothing is changed."""
        _check_task(study, self._config)
        confirm = load_confirm(study)
        before = None if confirm is None or self._restart else Plan.read(confirm)
        runs = {}
        if confirm is not None and before is not None:
            changed = outdated(study, confirm, before)
            if changed is not None:
                raise _outdated(study.study_name, changed)
            runs = runs_by_candidate(confirm)
        plan = make_plan(
            study,
            self._config,
            self._settings,
            self._space,
            race_reference=self._race_reference,
            before=before,
            runs=runs,
        )
        _check_agents(plan)
        if confirm is not None and self._restart:
            optuna.delete_study(study_name=confirm.study_name, storage=study._storage)
        confirm = optuna.create_study(
            study_name=confirm_name(study.study_name),
            storage=study._storage,
            direction=StudyDirection.MINIMIZE,
            sampler=RandomSampler(seed=0),  # there is nothing to sample
            pruner=NopPruner(),
            load_if_exists=True,
        )
        confirm.set_user_attr(attributes.FINGERPRINT, study.user_attrs.get(attributes.FINGERPRINT, {}))
        write_config(confirm, self._config)
        plan.write(confirm)
        conclude_stale_trials(confirm, self._config, requeue=False)
        return confirm, plan

    def _loop(self, study: optuna.Study, confirm: optuna.Study, plan: Plan, record: RunRecord) -> TrialLoop:
        elsewhere = unlike(runs_of(study)[-1:], threads=self._config.workers.threads)
        if elsewhere is not None:
            self._listener.on_message(elsewhere)
        if all(entrant.promised_seconds is None for entrant in plan.entrants):
            self._listener.on_message(
                "No trial of the study reached the target. The best by their score are confirmed all the same; they "
                "may not reach it either."
            )
        return TrialLoop(
            RaceSource(confirm, plan, self._config, self._runs_dir, self._listener.on_message),
            confirm,
            record,
            self._config,
            self._pool,
            listener=self._listener,
            clock=self._clock,
            stop=self._stop,
            total_seconds=self._config.budget.total_seconds,
        )


def _check_task(study: optuna.Study, config: StudyConfig) -> None:
    before, now = study.user_attrs.get(attributes.FINGERPRINT, {}), fingerprint(config, space_source="")
    changed = differences(before, now, sections=("task.",))
    if changed:
        raise UserError(
            f"The study '{study.study_name}' cannot be confirmed with other settings than it was run with: "
            f"{'; '.join(changed)}. Run it again under another name."
        )


def _check_agents(plan: Plan) -> None:
    for entrant in plan.entrants:
        try:
            AgentConfig.model_validate(entrant.agent)
        except ValidationError as error:
            raise UserError(
                f"The agent of {entrant.label} cannot be read: another version of this program wrote it. Run the study "
                "again under another name."
            ) from error


def _outdated(study: str, changed: str) -> UserError:
    lines = "\n".join(f"  {line}" for line in changed.splitlines())
    return UserError(
        f"What was confirmed of the study '{study}' no longer belongs to it:\n{lines}\n`tuner confirm` with --restart "
        "discards these results and confirms the study as it is now."
    )
