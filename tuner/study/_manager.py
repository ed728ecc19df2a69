"""A study's manager: opens it, and runs the loop over Optuna and the workers."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from tuner.clock import Clock, MonotonicClock
from tuner.config import StudyConfig
from tuner.listener import Listeners, SilentListener, StudyListener
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.spaces import SearchSpace
from tuner.storage import (
    STORAGE_ERRORS,
    EndReason,
    Patience,
    RunRecord,
    StudySummary,
    lock_file,
    manager_lock,
    open_storage,
    shown_url,
    storage_error,
    summarize,
    waiting,
)
from tuner.storage.attributes import VERDICT, counts
from tuner.study._budget_watch import BudgetWatch
from tuner.study._loop import StopSwitch, TrialLoop
from tuner.study._peers import should_prune
from tuner.study._queue import QueueCheck, with_own_names
from tuner.study._resume import open_study
from tuner.study._running_trial import RunningTrial, Verdict, claim_trial, conclude_trial, propose_trial
from tuner.training import StopRequest
from tuner.workers import WorkerPool


class Manager:
    """Runs one study; the only process of a run that talks to Optuna.

    Several may run a study at once if its storage is on a server. A trial belongs to one of them, and if that one dies
    the others end its trials as interrupted and queue them again.

    Running it again, in this process or another, resumes the study: finished trials count, trials that a killed manager
    left running are recorded as interrupted and queued again once, and warm starts are not tried twice. What is written
    for each trial and run is listed in `tuner/storage/attributes.py`.

    Args:
        config: the study file.
        space: proposes agents; `config.search_space`, loaded.
        pool: trains trials; opened and closed by the caller, and closed here too if the storage fails or a worker does
            not end.
        listener: watches the run.
        clock: measures the run, for `budget.total_seconds` and the records.
        runs_dir: trials write their files to `<runs_dir>/<study>/trial-NNNN`; None for no files.
        storage: an open storage; None opens `config.storage`.
    """

    def __init__(
        self,
        config: StudyConfig,
        space: SearchSpace,
        pool: WorkerPool,
        *,
        listener: StudyListener | None = None,
        clock: Clock | None = None,
        runs_dir: Path | None = None,
        storage: BaseStorage | None = None,
    ) -> None:
        self._config = config
        self._space = space.with_action_bounds(config.action_bounds)
        self._pool = pool
        self._listener = listener if listener is not None else SilentListener()
        self._clock = clock if clock is not None else MonotonicClock()
        self._runs_dir = runs_dir
        self._storage = storage
        self._stop = StopSwitch()

    def request_stop(self) -> None:
        """Ask the run to end: running trials stop, are recorded as interrupted and queued again.

        Safe to call from a signal handler or another thread. A second call ends it without waiting for the workers.
        """
        self._stop.press()

    def run(self) -> StudySummary:
        """Run the study until its trials are done, its time is up, or `request_stop` was called.

        Returns:
            Where the study stands, and why the run ended.

        Raises:
            UserError: for a mistake in the study file, the search space or the task; other trials are stopped and
                queued again first.
            TunerError: if the storage fails, or one trial after the other does.
        """
        shown = shown_url(self._config.storage) if self._storage is None else "of this study"
        storage = self._storage if self._storage is not None else open_storage(self._config.storage)
        path = None if self._storage is not None else lock_file(self._config)
        patience = Patience(self._listener.on_message, lambda: self._stop.requests > 1)
        with manager_lock(path, self._config.study):
            try:
                study, record = open_study(
                    self._config,
                    self._space,
                    storage,
                    slots=self._pool.slots,
                    clock=self._clock,
                    say=self._listener.on_message,
                )
                with waiting(storage, patience), self._loop(study, record) as loop:
                    return loop.to_the_end()
            except STORAGE_ERRORS as error:
                self._pool.close()
                raise storage_error(error, shown) from error

    def _loop(self, study: optuna.Study, record: RunRecord) -> TrialLoop:
        queue = QueueCheck(study, self._space, with_own_names(self._config, self._space), self._listener.on_message)
        source = _Search(study, record, self._space, self._config, self._runs_dir, queue, self._listener.on_message)
        listener = self._listener
        if self._config.objective.kind == "time_to_return":
            listener = Listeners(listener, BudgetWatch(study, self._space, self._config, listener.on_warning))
        return TrialLoop(
            source,
            study,
            record,
            self._config,
            self._pool,
            listener=listener,
            clock=self._clock,
            stop=self._stop,
            total_seconds=self._config.budget.total_seconds,
        )


class _Search:
    """A study as a source of trials: the sampler proposes them, the pruner stops them."""

    def __init__(
        self,
        study: optuna.Study,
        record: RunRecord,
        space: SearchSpace,
        config: StudyConfig,
        runs_dir: Path | None,
        queue: QueueCheck,
        say: Callable[[str], None],
    ) -> None:
        self._study = study
        self._record = record
        self._space = space
        self._config = config
        self._runs_dir = runs_dir
        self._queue = queue
        self._say = say

    @property
    def finished(self) -> bool:
        counted = sum(counts(trial) for trial in self._study.get_trials(deepcopy=False))
        return counted >= self._config.budget.trials

    def next_trial(self, running: Mapping[int, RunningTrial]) -> RunningTrial | None:
        for reason in self._queue.refuse():
            self._say(reason)
        known = {trial.spec.number for trial in running.values()}
        while True:
            claimed = claim_trial(self._study, self._record, trials=self._config.budget.trials, known=known)
            if claimed is None:
                return None
            with suppress(UpdateFinishedTrialError):  # another manager has taken it over
                trial = propose_trial(self._study, claimed, self._space, self._config, self._runs_dir)
                if trial is not None:
                    return trial  # else the search space gave it up, and it counts

    def stop_at_tick(self, trial: RunningTrial, tick: Tick) -> StopRequest | None:
        if not should_prune(self._study, trial.trial):
            return None
        verdict = self._study._storage.get_trial(trial.trial._trial_id).user_attrs.get(VERDICT, {})
        return StopRequest(OutcomeKind.PRUNED, rule=verdict.get("rule", self._config.pruner.kind))

    def stop_unneeded(self, running: Mapping[int, RunningTrial]) -> dict[int, StopRequest]:
        return {}

    def conclude(self, frozen: FrozenTrial, outcome: Outcome) -> Verdict:
        return conclude_trial(self._study, frozen, outcome, self._config)

    def summary(self, *, reason: EndReason | None, wall_seconds: float, training_seconds: float) -> StudySummary:
        return summarize(
            self._study,
            trials=self._config.budget.trials,
            reason=reason,
            wall_seconds=wall_seconds,
            training_seconds=training_seconds,
        )
