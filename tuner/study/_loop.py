"""The loop of a run: hand trials to workers, report their ticks, stop some, tell how they ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Protocol, Self

import optuna
from optuna.exceptions import UpdateFinishedTrialError
from optuna.trial import FrozenTrial

from tuner.clock import Clock
from tuner.config import StudyConfig, TrialSpec
from tuner.errors import TunerError, UserError
from tuner.listener import StudyListener
from tuner.records import TASK_BROKE, Outcome, OutcomeKind, Tick
from tuner.storage import (
    STORAGE_ERRORS,
    EndReason,
    Owner,
    RunRecord,
    StudySummary,
    score,
    shared,
    study_of,
    transact,
    trial_name,
    with_class_name,
    write_reports,
)
from tuner.storage.attributes import CALIBRATION, OWNER, TAKEN_OVER_BY
from tuner.study._resume import conclude_stale_trials
from tuner.study._running_trial import RunningTrial, Verdict, write_outcome
from tuner.tracebacks import with_frame
from tuner.training import StopRequest
from tuner.workers import (
    INTERRUPT_SECONDS,
    CalibrationEvent,
    Event,
    NoticeEvent,
    OutcomeEvent,
    PhaseEvent,
    PoolEvent,
    TickEvent,
    WaitEvent,
    WorkerPool,
)

_POLL_SECONDS = 0.5
"""A request to stop, and the time limit, are noticed after at most this long."""
_GRACE_SECONDS = 2 * INTERRUPT_SECONDS
"""A pool that has not interrupted its trials by then, by force if necessary, is closed."""
_FAILURES_IN_A_ROW = 5
"""After this many trials in a row that failed in all their attempts, the run ends."""


class TrialSource(Protocol):
    """Which trials a loop runs, and what happens to them: a search asks the sampler, a race uses its ranking."""

    @property
    def finished(self) -> bool:
        """Whether there is nothing left to run."""
        ...

    def next_trial(self, running: Mapping[int, RunningTrial]) -> RunningTrial | None:
        """Return the next trial, given those that are running, by slot; None if there is none at present.

        Raises:
            UserError: if none can be proposed because of the user's mistake.
        """
        ...

    def stop_at_tick(self, trial: RunningTrial, tick: Tick) -> StopRequest | None:
        """Return a request to stop a trial that has just reported a tick; None to let it run."""
        ...

    def stop_unneeded(self, running: Mapping[int, RunningTrial]) -> dict[int, StopRequest]:
        """Return requests, by slot, to stop trials that are not needed any more since another one ended."""
        ...

    def conclude(self, frozen: FrozenTrial, outcome: Outcome) -> Verdict:
        """Tell Optuna how a trial ended."""
        ...

    def summary(self, *, reason: EndReason | None, wall_seconds: float, training_seconds: float) -> StudySummary:
        """Return where things stand."""
        ...


class FailedTrialsError(TunerError):
    """Trial after trial failed in all its attempts.

    Args:
        count: how many did, one after the other.
        spec: the last one.
        outcome: how it ended.
    """

    def __init__(self, count: int, spec: TrialSpec, outcome: Outcome) -> None:
        frame = outcome.details.get("user_frame")
        said = with_frame(outcome.message.rstrip("."), frame)
        self.summary = (
            f"{count} trials in a row failed in all their attempts, the last one, {trial_name(spec).lower()}, "
            f"{outcome.kind.value}"
        )
        """The error without the message of the trial."""
        self.number = spec.number
        """The last trial."""
        self.user_frame: str | None = frame
        """The line of the user's own code that failed, if one did; see `tuner.tracebacks.user_frame`."""
        super().__init__(f"{self.summary}: {said}\nFix the cause and run the same command again.")


@dataclass
class StopSwitch:
    """Counts requests to stop, which may come from a signal handler or another thread."""

    requests: int = 0

    def press(self) -> None:
        """Ask once more."""
        self.requests += 1


class TrialLoop:
    """One run: the loop's state, from the open study to its summary.

    Args:
        source: gives trials and takes their ends.
        study: where trials are written.
        record: this run's entry there.
        config: the study file.
        pool: trains trials; closed here only if a worker does not end.
        listener: watches the run.
        clock: measures it.
        stop: asks it to end; a second request ends it without waiting for the workers.
        total_seconds: the longest it may take; None for no limit.
    """

    def __init__(
        self,
        source: TrialSource,
        study: optuna.Study,
        record: RunRecord,
        config: StudyConfig,
        pool: WorkerPool,
        *,
        listener: StudyListener,
        clock: Clock,
        stop: StopSwitch,
        total_seconds: float | None = None,
    ) -> None:
        self._source = source
        self._study = study
        self._config = config
        self._pool = pool
        self._listener = listener
        self._clock = clock
        self._stop = stop
        self._limit = total_seconds
        self._record = record
        self._running: dict[int, RunningTrial] = {}
        self._failures_in_a_row = 0
        self._training_seconds = 0.0
        self._failure: TunerError | None = None
        self._reason: EndReason | None = None
        self._stopping_since: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, STORAGE_ERRORS):
            return  # nothing can be written; the next run clears up
        self._record.end(self._reason or "failed")

    def to_the_end(self) -> StudySummary:
        """Run the loop. Trials that still run when it ends, for any reason, are stopped and recorded."""
        self._listener.on_study_started(self._summary())
        if self._record.unlike_earlier is not None:
            self._listener.on_message(self._record.unlike_earlier)
        try:
            self._loop()
        except KeyboardInterrupt:  # a caller without a signal handler
            self._stop.press()
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
            stopped = self._reason is not None or self._failure is not None
            if not self._running and (stopped or self._source.finished):
                return
            for event in self._pool.poll(self._poll_seconds()):
                self._handle(event)
            write_reports(self._study._storage, when_due=True)
            self._renew_lease()

    def _renew_lease(self) -> None:
        """From time to time, tell other managers that this one lives, and end what dead ones left running."""
        if not self._record.due:
            return

        def renew() -> list[FrozenTrial]:
            self._record.renew()
            return conclude_stale_trials(self._study, self._config) if shared(self._study) else []

        for trial in transact(self._study._storage, study_of(self._study.study_name), renew):
            self._listener.on_message(f"Trial {trial.number} is queued again: its manager, {_owner(trial)}, is dead.")
        for slot, own in self._running.items():
            if TAKEN_OVER_BY in self._stored(own).user_attrs:
                self._lose(slot, own)

    def _decide_to_stop(self) -> None:
        if self._reason is not None:
            return
        if self._failure is not None:
            self._reason = "failed"
        elif self._stop.requests:
            self._reason = "interrupted"
        elif self._limit is not None and self._record.wall_seconds >= self._limit:
            self._reason = "time limit"
            if self._running:
                self._listener.on_message("Time is up; running trials are stopped and queued again.")

    def _poll_seconds(self) -> float:
        if self._limit is None or self._reason is not None:
            return _POLL_SECONDS
        return min(_POLL_SECONDS, max(0.0, self._limit - self._record.wall_seconds))

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
        """Return a trial to run, or None if there is none or the run cannot go on."""
        if self._failure is not None:
            return None
        try:
            return self._source.next_trial(self._running)
        except UserError as error:
            self._failure = error
            return None

    def _interrupt_trials(self) -> None:
        """Ask running trials to end, once; after the grace period, or a second request to stop, end the workers."""
        if self._stopping_since is None:
            self._stopping_since = self._clock.now()
            for slot in self._running:
                self._pool.stop(slot, StopRequest(OutcomeKind.INTERRUPTED))
        out_of_patience = self._clock.now() - self._stopping_since > _GRACE_SECONDS
        if not self._running or not (out_of_patience or self._stop.requests > 1):
            return
        self._pool.close()
        for event in self._pool.poll(0.0):
            self._handle(event)
        for slot, trial in list(self._running.items()):
            outcome = Outcome(
                kind=OutcomeKind.INTERRUPTED, message="The worker was stopped before it reported an outcome."
            )
            self._conclude(slot, trial, outcome)

    def _handle(self, event: Event) -> None:
        if isinstance(event, PoolEvent):
            self._listener.on_message(event.text)
            return
        trial = self._running.get(event.slot)
        if trial is None or trial.spec != event.spec:
            return  # from a trial that was given up
        try:
            if isinstance(event, PhaseEvent):
                self._listener.on_phase(event.slot, event.spec, event.phase)
            elif isinstance(event, WaitEvent):
                self._listener.on_wait(event.slot, event.spec, event.doing)
            elif isinstance(event, NoticeEvent):
                self._listener.on_message(event.text)
            elif isinstance(event, CalibrationEvent):
                trial.trial.set_user_attr(CALIBRATION, with_class_name(event.calibration))
            elif isinstance(event, TickEvent):
                self._report(event, trial)
            elif isinstance(event, OutcomeEvent):
                self._conclude(event.slot, trial, event.outcome)
        except UpdateFinishedTrialError:
            self._lose(event.slot, trial)

    def _report(self, event: TickEvent, trial: RunningTrial) -> None:
        tick, config = event.tick, self._config
        if trial.lost or (trial.ticks and tick.index <= trial.ticks[-1].index):
            return
        value = score(config.objective, budget_seconds=config.budget.seconds, best_return=tick.best)
        trial.ticks.append(tick)
        trial.trial.report(value, tick.index)
        self._listener.on_tick(event.slot, event.spec, tick, value)
        # At its last tick a trial is over anyway, and its outcome says more than a verdict.
        if trial.stop is None and self._reason is None and tick.index < config.budget.ticks:
            self._ask_to_end(event.slot, trial, self._source.stop_at_tick(trial, tick))

    def _ask_to_end(self, slot: int, trial: RunningTrial, request: StopRequest | None) -> None:
        if request is not None:
            trial.stop = request
            self._pool.stop(slot, request)

    def _conclude(self, slot: int, trial: RunningTrial, outcome: Outcome) -> None:
        if not outcome.clock_seconds and trial.ticks:  # a dead worker does not report how far it got
            outcome = replace(outcome, clock_seconds=trial.ticks[-1].clock_seconds)
        verdict = self._written(trial, outcome)
        if verdict is None:
            self._lose(slot, trial)
            outcome = replace(outcome, kind=OutcomeKind.INTERRUPTED)
        del self._running[slot]
        self._training_seconds += outcome.clock_seconds
        self._listener.on_trial_finished(slot, trial.spec, outcome, self._summary())
        if verdict is None:
            return
        if verdict.next_attempt is not None and outcome.kind is not OutcomeKind.INTERRUPTED:
            name = trial_name(trial.spec)
            self._listener.on_message(f"{name} is tried again.")
        self._look_for_failure(trial.spec, outcome, final=verdict.final)
        for other, request in self._source.stop_unneeded(self._running).items():
            if self._running[other].stop is None and self._reason is None:
                self._ask_to_end(other, self._running[other], request)

    def _written(self, trial: RunningTrial, outcome: Outcome) -> Verdict | None:
        """Write how a trial ended, and tell Optuna; return None if another manager has done so."""

        def write() -> Verdict | None:
            stored = self._stored(trial)
            if TAKEN_OVER_BY in stored.user_attrs:
                return None
            if not stored.state.is_finished():
                write_outcome(self._study, trial.trial._trial_id, outcome, trial.ticks)
                stored = self._stored(trial)
            return self._source.conclude(stored, outcome)

        return transact(self._study._storage, study_of(self._study.study_name), write)

    def _stored(self, trial: RunningTrial) -> FrozenTrial:
        return self._study._storage.get_trial(trial.trial._trial_id)

    def _lose(self, slot: int, trial: RunningTrial) -> None:
        """Stop a trial that another manager has ended in the storage, and say so, once."""
        if trial.lost:
            return
        trial.lost = True
        self._pool.stop(slot, StopRequest(OutcomeKind.INTERRUPTED))
        by = Owner.from_json(self._stored(trial).user_attrs.get(TAKEN_OVER_BY, {}))
        self._listener.on_message(
            f"{trial_name(trial.spec)} was queued again by {by or 'another manager'}, because this one had not written "
            "to the storage for too long and seemed dead. What it found is dropped."
        )

    def _look_for_failure(self, spec: TrialSpec, outcome: Outcome, *, final: bool) -> None:
        """Notice when going on is pointless: after a mistake of the user, or when trial after trial fails."""
        failed = outcome.kind in (OutcomeKind.CRASHED, OutcomeKind.HUNG) or bool(outcome.details.get(TASK_BROKE))
        if final:
            self._failures_in_a_row = self._failures_in_a_row + 1 if failed else 0
        if self._failure is not None:
            return
        if outcome.details.get("user_error"):
            self._failure = UserError(with_frame(outcome.message, outcome.details.get("user_frame")))
        elif self._failures_in_a_row >= _FAILURES_IN_A_ROW:
            self._failure = FailedTrialsError(self._failures_in_a_row, spec, outcome)

    def _summary(self) -> StudySummary:
        return self._source.summary(
            reason=self._reason,
            wall_seconds=self._record.wall_seconds,
            training_seconds=self._training_seconds,
        )


def _owner(trial: FrozenTrial) -> str:
    return str(Owner.from_json(trial.user_attrs.get(OWNER, {})) or "unknown")
