"""What a running study looks like at one moment, as plain data; the live view and the plain lines are drawn from it.

Every change gives a new `Progress`, so that a thread that draws never sees half of one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from tuner.records import Tick
from tuner.storage import StudySummary

_RATE_TICKS = 8
"""Rates are averaged over this many ticks: long enough to be steady, short enough to show a change."""


@dataclass(frozen=True)
class TrialProgress:
    """One running trial."""

    number: int
    budget_seconds: float
    """Training clock that it may use."""
    attempt: int = 0
    """0 for the first try."""
    label: str = ""
    """The name of the warm start, or of the candidate and seed in a confirmation; empty for other trials."""
    name: str = ""
    """Its name at the beginning of a sentence, if that is not `Trial` and its number."""
    phase: str = "launch"
    waits_for: str = ""
    """What its simulator is doing, while the trial waits for it to start."""
    waits_since: float = 0.0
    """Clock reading when that was first heard."""
    ticks: tuple[Tick, ...] = ()

    @property
    def clock_seconds(self) -> float:
        """Training clock at the last tick."""
        return self.ticks[-1].clock_seconds if self.ticks else 0.0

    @property
    def steps_per_second(self) -> float | None:
        """Environment steps per second of training clock, over the last ticks."""
        return self._rate("env_steps")

    @property
    def updates_per_second(self) -> float | None:
        """Gradient steps per second of training clock, over the last ticks."""
        return self._rate("updates")

    def waiting(self, doing: str, now_seconds: float) -> "TrialProgress":
        """Return the trial while it waits for its simulator, which does what `doing` says."""
        return replace(self, waits_for=doing, waits_since=self.waits_since if self.waits_for else now_seconds)

    def _rate(self, counter: str) -> float | None:
        if not self.ticks:
            return None
        last = self.ticks[-1]
        first = self.ticks[-1 - _RATE_TICKS] if len(self.ticks) > _RATE_TICKS else Tick(index=0, clock_seconds=0.0)
        seconds = last.clock_seconds - first.clock_seconds
        if seconds <= 0:
            return None
        return float(getattr(last, counter) - getattr(first, counter)) / seconds


@dataclass(frozen=True)
class Progress:
    """One study while it runs."""

    summary: StudySummary
    """The finished trials, including those of earlier runs."""
    task: str
    num_envs: int
    target: float | None = None
    """The return that counts as solved."""
    finished_before: int = 0
    """Trials that were finished when this run began."""
    slots: Mapping[int, TrialProgress | None] = field(default_factory=dict)
    """The running trial of each worker, None while it is idle."""
    started: float = 0.0
    """Clock reading when this run began."""
    deadline_seconds: float | None = None
    """Wall-clock seconds that this run may take."""
    warnings: Mapping[int, str] = field(default_factory=dict)
    """What trials of this run could not write, by trial number."""
    note: str = ""
    """The latest message, such as that the study is stopping."""

    def with_trial(self, slot: int, trial: TrialProgress | None) -> "Progress":
        """Return the progress with `trial` in `slot`; None empties it."""
        return replace(self, slots={**self.slots, slot: trial})

    def with_phase(self, slot: int, phase: str) -> "Progress":
        """Return the progress with the trial in `slot` in another phase; an empty slot stays empty."""
        trial = self.slots.get(slot)
        return self if trial is None else self.with_trial(slot, replace(trial, phase=phase, waits_for=""))

    def with_wait(self, slot: int, doing: str, now_seconds: float) -> "Progress":
        """Return the progress with the trial in `slot` waiting for its simulator; an empty slot stays empty.

        Args:
            slot: where the trial is.
            doing: what the simulator is doing.
            now_seconds: clock reading.
        """
        trial = self.slots.get(slot)
        return self if trial is None else self.with_trial(slot, trial.waiting(doing, now_seconds))

    def waiting_trials(self) -> list[TrialProgress]:
        """Return the trials that wait for their simulator, by slot."""
        return [trial for _, trial in sorted(self.slots.items()) if trial is not None and trial.waits_for]

    def with_tick(self, slot: int, tick: Tick) -> "Progress":
        """Return the progress with one more tick of the trial in `slot`; an empty slot stays empty."""
        trial = self.slots.get(slot)
        return self if trial is None else self.with_trial(slot, replace(trial, ticks=(*trial.ticks, tick)))

    def with_outcome(self, slot: int, summary: StudySummary) -> "Progress":
        """Return the progress after the trial in `slot` ended.

        Args:
            slot: it is emptied.
            summary: the study with this trial.
        """
        return replace(self.with_trial(slot, None), summary=summary)

    def with_warning(self, number: int, text: str) -> "Progress":
        """Return the progress with a warning of what trial `number` could not write."""
        return replace(self, warnings={**self.warnings, number: text})

    def seconds_left(self, elapsed_seconds: float) -> float | None:
        """Return how long this run will still take, in wall-clock seconds; None before the first trial ended.

        It assumes that the remaining trials take as long as the finished trials of this run. The run's own limit caps
        the result.
        """
        done = self.summary.finished - self.finished_before
        coming = max(0, self.summary.trials - self.summary.finished)
        left = None if done <= 0 else coming * elapsed_seconds / done
        if self.deadline_seconds is None:
            return left
        until_deadline = max(0.0, self.deadline_seconds - elapsed_seconds)
        return until_deadline if left is None else min(left, until_deadline)
