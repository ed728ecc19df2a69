"""What a run tells those who watch it."""

from typing import Protocol

from tuner.config import TrialSpec
from tuner.records import Outcome, Tick
from tuner.storage import StudySummary
from tuner.training import Phase


class StudyListener(Protocol):
    """Watches a study run. The manager calls it from its own thread, between two events; calls should return soon."""

    def on_study_started(self, summary: StudySummary) -> None:
        """The storage is open, and what an earlier run left has been cleared up."""
        ...

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        """A trial was handed to a worker; `label` is its warm start's name, or empty."""
        ...

    def on_phase(self, slot: int, spec: TrialSpec, phase: Phase) -> None:
        """A trial entered a phase."""
        ...

    def on_wait(self, slot: int, spec: TrialSpec, doing: str) -> None:
        """A trial waits for its simulator, which is starting; comes about once a second."""
        ...

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        """A trial reported a tick, and its score there."""
        ...

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        """A trial ended; `summary` is the study with it."""
        ...

    def on_message(self, text: str) -> None:
        """A message for people, in one sentence."""
        ...

    def on_warning(self, text: str) -> None:
        """A warning about the whole study, in some sentences; it should stay in sight."""
        ...


class Listeners:
    """Several listeners as one; each hears everything, in this order.

    Args:
        listeners: those who listen.
    """

    def __init__(self, *listeners: StudyListener) -> None:
        self._listeners = listeners

    def on_study_started(self, summary: StudySummary) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_study_started(summary)

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_trial_started(slot, spec, label)

    def on_phase(self, slot: int, spec: TrialSpec, phase: Phase) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_phase(slot, spec, phase)

    def on_wait(self, slot: int, spec: TrialSpec, doing: str) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_wait(slot, spec, doing)

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_tick(slot, spec, tick, score)

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_trial_finished(slot, spec, outcome, summary)

    def on_message(self, text: str) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_message(text)

    def on_warning(self, text: str) -> None:
        """Tell all."""
        for listener in self._listeners:
            listener.on_warning(text)


class SilentListener:
    """A listener that does nothing; subclass it to watch only some things."""

    def on_study_started(self, summary: StudySummary) -> None:
        """Ignore it."""

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        """Ignore it."""

    def on_phase(self, slot: int, spec: TrialSpec, phase: Phase) -> None:
        """Ignore it."""

    def on_wait(self, slot: int, spec: TrialSpec, doing: str) -> None:
        """Ignore it."""

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        """Ignore it."""

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        """Ignore it."""

    def on_message(self, text: str) -> None:
        """Ignore it."""

    def on_warning(self, text: str) -> None:
        """Ignore it."""
