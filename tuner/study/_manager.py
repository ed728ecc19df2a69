"""The loop of a study: ask Optuna, hand trials to workers, report their ticks, prune, tell."""

from dataclasses import replace
from pathlib import Path
from types import TracebackType

import optuna
from optuna.storages import BaseStorage

from tuner.clock import Clock, MonotonicClock
from tuner.config import StudyConfig
from tuner.errors import TunerError, UserError
from tuner.records import Outcome, OutcomeKind
from tuner.spaces import SearchSpace
from tuner.study._listener import SilentListener, StudyListener
from tuner.study._owner import manager_lock
from tuner.study._resume import lock_file, open_study
from tuner.study._runs import RunRecord
from tuner.study._score import score
from tuner.study._storage import STORAGE_ERRORS, open_storage, shown_url, storage_error
from tuner.study._summary import EndReason, StudySummary, summarize
from tuner.study._trials import RunningTrial, conclude_trial, propose_trial, write_outcome
from tuner.study.attributes import VERDICT, counts
from tuner.training import StopRequest
from tuner.workers import Event, OutcomeEvent, PhaseEvent, TickEvent, WorkerPool

_POLL_SECONDS = 0.5
"""A request to stop, and the time limit, are noticed after at most this long."""
_GRACE_SECONDS = 45.0
"""Trials asked to end are given this long to say how they ended; an evaluation may have to finish first."""
_FAILURES_IN_A_ROW = 5
"""After so many trials that failed for good, one after the other, the study is taken to be broken."""


class Manager:
    """Runs one study; the only process of a run that talks to Optuna.

    Running it again, in this process or another, resumes the study: finished trials count, trials that a killed manager
    left running are recorded as interrupted and queued again once, warm starts are not tried twice. What is written for
    each trial and run is listed in `tuner/study/attributes.py`.

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
        self._space = space if config.action_bounds is None else space.with_action_bounds(config.action_bounds)
        self._pool = pool
        self._listener = listener if listener is not None else SilentListener()
        self._clock = clock if clock is not None else MonotonicClock()
        self._runs_dir = runs_dir
        self._storage = storage
        self._stops_requested = 0

    def request_stop(self) -> None:
        """Ask the run to end: running trials stop, are recorded as interrupted and queued again.

        Safe to call from a signal handler or another thread. A second call ends it without waiting for the workers.
        """
        self._stops_requested += 1

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
        path = None if self._storage is not None else lock_file(self._config, self._runs_dir)
        with manager_lock(path, self._config.study):
            try:
                study = open_study(self._config, self._space, storage, say=self._listener.on_message)
                with _Run(self, study) as run:
                    return run.to_the_end()
            except STORAGE_ERRORS as error:
                self._pool.close()
                raise storage_error(error, shown) from error


class _Run:
    """One run of a study: the loop's state, from the open study to its summary."""

    def __init__(self, manager: Manager, study: optuna.Study) -> None:
        self._manager = manager
        self._config = manager._config
        self._pool = manager._pool
        self._listener = manager._listener
        self._clock = manager._clock
        self._study = study
        self._record = RunRecord(study, slots=self._pool.slots, threads=self._config.workers.threads, clock=self._clock)
        self._running: dict[int, RunningTrial] = {}
        self._counted = sum(counts(trial) for trial in study.get_trials(deepcopy=False))
        self._failures_in_a_row = 0
        self._training_seconds = 0.0
        self._failure: TunerError | None = None
        self._reason: EndReason | None = None
        self._stopping_since: float | None = None

    def __enter__(self) -> "_Run":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, STORAGE_ERRORS):
            return  # nothing can be written down; the next run clears up
        self._record.end(self._reason or "failed")

    def to_the_end(self) -> StudySummary:
        """Run the loop; trials still running at its end, for whatever reason, are stopped and recorded."""
        self._listener.on_study_started(self._summary())
        if self._record.unlike_earlier is not None:
            self._listener.on_message(self._record.unlike_earlier)
        try:
            self._loop()
        except KeyboardInterrupt:  # a caller without a signal handler
            self._manager.request_stop()
            self._loop()
        if self._failure is not None:
            raise self._failure
        if self._reason is None:
            self._reason = "finished"
        return self._summary()

    def _loop(self) -> None:
        while True:
            self._decide_to_stop()
            if self._reason is None:
                self._fill_slots()
            else:
                self._interrupt_trials()
            done = self._reason is not None or self._counted >= self._config.budget.trials
            if not self._running and (done or self._failure is not None):
                return
            for event in self._pool.poll(self._poll_seconds()):
                self._handle(event)
            self._record.keep_fresh()

    def _decide_to_stop(self) -> None:
        if self._reason is not None:
            return
        limit = self._config.budget.total_seconds
        if self._failure is not None:
            self._reason = "failed"
        elif self._manager._stops_requested:
            self._reason = "interrupted"
        elif limit is not None and self._record.wall_seconds >= limit:
            self._reason = "time limit"
            if self._running:
                self._listener.on_message("The study's time is up; running trials are stopped and queued again.")

    def _poll_seconds(self) -> float:
        limit = self._config.budget.total_seconds
        if limit is None or self._reason is not None:
            return _POLL_SECONDS
        return min(_POLL_SECONDS, max(0.0, limit - self._record.wall_seconds))

    def _fill_slots(self) -> None:
        for slot in self._pool.idle():
            if slot in self._running:
                continue
            trial = self._next_trial()
            if trial is None:
                return
            self._running[slot] = trial
            self._pool.submit(slot, trial.spec)
            self._listener.on_trial_started(slot, trial.spec, trial.label)

    def _next_trial(self) -> RunningTrial | None:
        """Return a trial to run, or None if the study has enough or cannot go on."""
        while self._failure is None and self._counted + len(self._running) < self._config.budget.trials:
            try:
                trial = propose_trial(self._study, self._manager._space, self._config, self._manager._runs_dir)
            except UserError as error:
                self._failure = error
                return None
            if trial is not None:
                return trial
            self._counted += 1  # the search space gave it up
        return None

    def _interrupt_trials(self) -> None:
        """Ask running trials to end, once; after the grace period, or a second request to stop, end the workers."""
        if self._stopping_since is None:
            self._stopping_since = self._clock.now()
            for slot in self._running:
                self._pool.stop(slot, StopRequest(OutcomeKind.INTERRUPTED))
        out_of_patience = self._clock.now() - self._stopping_since > _GRACE_SECONDS
        if not self._running or not (out_of_patience or self._manager._stops_requested > 1):
            return
        self._pool.close()
        for event in self._pool.poll(0.0):
            self._handle(event)
        for slot, trial in list(self._running.items()):
            outcome = Outcome(kind=OutcomeKind.INTERRUPTED, message="The worker was ended before it said how it ended.")
            self._conclude(slot, trial, outcome)

    def _handle(self, event: Event) -> None:
        trial = self._running.get(event.slot)
        if trial is None or trial.spec != event.spec:
            return  # from a trial that was given up
        if isinstance(event, PhaseEvent):
            self._listener.on_phase(event.slot, event.spec, event.phase)
        elif isinstance(event, TickEvent):
            self._report(event, trial)
        elif isinstance(event, OutcomeEvent):
            self._conclude(event.slot, trial, event.outcome)

    def _report(self, event: TickEvent, trial: RunningTrial) -> None:
        tick, config = event.tick, self._config
        if trial.ticks and tick.index <= trial.ticks[-1].index:
            return
        value = score(config.objective, budget_seconds=config.budget.seconds, best_return=tick.best)
        trial.ticks.append(tick)
        trial.trial.report(value, tick.index)
        self._listener.on_tick(event.slot, event.spec, tick, value)
        # At its last tick a trial is over anyway, and how it ended is worth more than a verdict.
        undecided = trial.stop is None and self._reason is None and tick.index < config.budget.ticks
        if undecided and trial.trial.should_prune():
            verdict = self._study._storage.get_trial(trial.trial._trial_id).user_attrs.get(VERDICT, {})
            trial.stop = StopRequest(OutcomeKind.PRUNED, rule=verdict.get("rule", config.pruner.kind))
            self._pool.stop(event.slot, trial.stop)

    def _conclude(self, slot: int, trial: RunningTrial, outcome: Outcome) -> None:
        del self._running[slot]
        if not outcome.clock_seconds and trial.ticks:  # a dead worker does not say how far it came
            outcome = replace(outcome, clock_seconds=trial.ticks[-1].clock_seconds)
        self._training_seconds += outcome.clock_seconds
        number = trial.spec.number
        write_outcome(self._study, trial.trial._trial_id, outcome, trial.ticks)
        frozen = self._study._storage.get_trial(trial.trial._trial_id)
        verdict = conclude_trial(self._study, frozen, outcome, self._config)
        self._counted += verdict.final
        self._record.keep_fresh()
        self._listener.on_trial_finished(slot, trial.spec, outcome, self._summary())
        if verdict.next_attempt is not None and outcome.kind is not OutcomeKind.INTERRUPTED:
            self._listener.on_message(f"Trial {number} {outcome.kind.value} and is tried again: {outcome.message}")
        self._look_for_failure(number, outcome, final=verdict.final)

    def _look_for_failure(self, number: int, outcome: Outcome, *, final: bool) -> None:
        """Notice what makes going on pointless: the user's mistake, or nothing but failing trials."""
        failed = outcome.kind in (OutcomeKind.CRASHED, OutcomeKind.HUNG)
        if final:
            self._failures_in_a_row = self._failures_in_a_row + 1 if failed else 0
        if self._failure is not None:
            return
        if outcome.details.get("user_error"):
            self._failure = UserError(outcome.message)
        elif self._failures_in_a_row >= _FAILURES_IN_A_ROW:
            self._failure = TunerError(
                f"{self._failures_in_a_row} trials in a row failed for good, the last one, trial {number}, "
                f"{outcome.kind.value}: {outcome.message} Mend the cause and run the same command again."
            )

    def _summary(self) -> StudySummary:
        return summarize(
            self._study,
            trials=self._config.budget.trials,
            reason=self._reason,
            wall_seconds=self._record.wall_seconds,
            training_seconds=self._training_seconds,
        )
