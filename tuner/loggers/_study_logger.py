"""A listener that writes what it hears to loggers, on a thread of its own."""

import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from tuner.clock import Clock
from tuner.config import LoggerName, TrialSpec
from tuner.listener import SilentListener
from tuner.loggers._writers import RunWriter, Values, open_writer
from tuner.records import TASK_PREFIX, Outcome, Tick, milestones_of
from tuner.storage import StudySummary

_STUDY = "study"
"""The run that has the study's best so far, over the wall clock."""
_CLOSE_SECONDS = 60.0
"""How long the end of a study waits for the loggers; a network may be slow."""


class StudyLogger(SilentListener):
    """Writes every tick of every trial. A logger that fails is left out from then on, and the study goes on.

    Calls return at once: loggers may wait for a network.

    Args:
        names: the loggers.
        folder: where files go, such as `runs/quickstart`.
        study: the study's name.
        clock: measures the run.
        report: is given messages for people, in the thread that calls this listener.
    """

    def __init__(
        self, names: Sequence[LoggerName], folder: Path, study: str, clock: Clock, report: Callable[[str], None]
    ) -> None:
        self._names = list(names)
        self._folder = folder
        self._study = study
        self._clock = clock
        self._report = report
        self._started = clock.now()
        self._open: dict[str, Tick] = {}  # runs that are being written, with their last tick
        self._writers: dict[tuple[str, LoggerName], RunWriter] = {}
        self._failures: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_all, name="loggers", daemon=True)
        self._thread.start()

    def on_study_started(self, summary: StudySummary) -> None:
        """Say how to watch the curves."""
        if "tensorboard" in self._names:
            self._report(f"To watch the curves: tensorboard --logdir {self._folder / 'tensorboard'}")

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        """Begin the trial's run, with its agent and its task as configuration."""
        config = {
            **spec.agent.to_json(),
            "task": spec.task.id,
            "num_envs": spec.task.num_envs,
            "seed": spec.seed,
            "label": label,
        }
        self._begin(run_name(spec), config)

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        """Write a tick."""
        run = run_name(spec)
        before = self._open.get(run, Tick(index=0, clock_seconds=0.0))
        self._open[run] = tick
        self._write(run, tick.clock_seconds, tick_values(tick, before))

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        """End the trial's run, and write the study's best if this is it."""
        run = run_name(spec)
        self._open.pop(run, None)
        self._end(run, outcome_values(outcome))
        best = summary.best
        if best is not None and best.number == spec.number:
            values = {"best/time_to_return": best.reached_seconds, "best/return": best.best_return}
            if _STUDY not in self._open:
                self._open[_STUDY] = Tick(index=0, clock_seconds=0.0)
                self._begin(_STUDY, {})
            self._write(_STUDY, self._clock.now() - self._started, _known(values))

    def close(self) -> None:
        """End all runs, and wait for the loggers, for a minute at most."""
        for run in [*self._open]:
            self._end(run, {})
        self._work.put(None)
        self._thread.join(_CLOSE_SECONDS)
        self._tell_failures()
        if self._thread.is_alive():
            self._report(f"Loggers did not end within {_CLOSE_SECONDS:g} s; the last of their numbers may be missing.")

    def _begin(self, run: str, config: dict[str, object]) -> None:
        def begin(name: LoggerName) -> None:
            self._writers[run, name] = open_writer(name, self._folder, run, group=self._study, config=config)

        self._each(begin)

    def _write(self, run: str, seconds: float, values: Values) -> None:
        self._each(lambda name: self._writers[run, name].write(seconds, values))

    def _end(self, run: str, result: Values) -> None:
        self._each(lambda name: self._writers.pop((run, name)).close(result))

    def _each(self, act: Callable[[LoggerName], None]) -> None:
        """Let every logger do something, later and elsewhere."""
        self._tell_failures()
        self._work.put(lambda: self._try_all(act))

    def _try_all(self, act: Callable[[LoggerName], None]) -> None:
        for name in [*self._names]:
            try:
                act(name)
            except Exception as error:
                self._names.remove(name)
                self._failures.put(f"The logger '{name}' failed and is left out from now on: {error}")

    def _write_all(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def _tell_failures(self) -> None:
        while not self._failures.empty():
            self._report(self._failures.get())


def run_name(spec: TrialSpec) -> str:
    """Return the name of a trial's run, which is that of its folder; retries have their own."""
    retry = f"-retry-{spec.attempt}" if spec.attempt else ""
    return f"trial-{spec.number:04d}{retry}"


def tick_values(tick: Tick, before: Tick) -> Values:
    """Return the numbers of a tick by name.

    Args:
        tick: the tick.
        before: the one before it, for the steps and updates per second between them.
    """
    seconds = tick.clock_seconds - before.clock_seconds
    known = _known(
        {
            "return/estimate": tick.estimate,
            "return/interval_low": tick.low,
            "return/interval_high": tick.high,
            "return/best": tick.best,
            "return/exploring": tick.exploring,
            "speed/env_steps": float(tick.env_steps),
            "speed/updates": float(tick.updates),
            "speed/env_steps_per_second": (tick.env_steps - before.env_steps) / seconds if seconds > 0 else None,
            "speed/updates_per_second": (tick.updates - before.updates) / seconds if seconds > 0 else None,
        }
    )
    return {**known, **{_metric_name(name): value for name, value in tick.metrics.items()}}


def outcome_values(outcome: Outcome) -> Values:
    """Return what a trial found, by name."""
    return _known(
        {
            "result/time_to_return": outcome.reached_seconds,
            "result/best_return": outcome.best_return,
            "result/clock_seconds": outcome.clock_seconds,
            **{f"result/time_to_{each.label}": each.reached_seconds for each in milestones_of(outcome)},
        }
    )


def _metric_name(name: str) -> str:
    """Return a metric's name with its group: the task's have theirs, the others are the learner's."""
    return name if name.startswith(TASK_PREFIX) else f"train/{name}"


def _known(values: dict[str, float | None]) -> Values:
    return {name: value for name, value in values.items() if value is not None}
