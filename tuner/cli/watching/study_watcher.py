"""Show how far a study is: in a live view on a terminal, or by a line for each event in logs and pipes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from rich.console import Console
from rich.live import Live
from rich.text import Text

from tuner.analysis import unmeasured_text
from tuner.cli.printing.text import count_text, duration_text, number_text, one_line, printable, standing_text
from tuner.cli.printing.warnings import warning_line, warning_of
from tuner.cli.watching.progress import Progress, TrialProgress
from tuner.cli.watching.study_view import LiveView, headline, waiting_text
from tuner.clock import Clock
from tuner.config import StudyConfig, TrialSpec
from tuner.records import Outcome, OutcomeKind, Tick, milestones_of
from tuner.storage import StudySummary, trial_name
from tuner.training import Phase

_REFRESHES_PER_SECOND = 4
_REPORT_SECONDS = 30.0
"""Wall-clock time between two lines on the progress of one trial."""
_FAULTS = frozenset({OutcomeKind.CRASHED, OutcomeKind.HUNG, OutcomeKind.DIVERGED, OutcomeKind.TOO_LARGE})


class StudyWatcher:
    """Keeps the `Progress` of a run; a `StudyListener`.

    Args:
        config: the study.
        clock: time is read from it.
    """

    def __init__(self, config: StudyConfig, clock: Clock) -> None:
        self._clock = clock
        self.progress = Progress(
            summary=StudySummary(study=config.study, trials=config.budget.trials, finished=0),
            task=f"{config.task.id} on {config.task.simulator}",
            num_envs=config.task.num_envs,
            target=config.objective.target,
            slots=dict.fromkeys(range(config.workers.count)),
            started=clock.now(),
            deadline_seconds=config.budget.total_seconds,
        )
        self._told: dict[str, str] = {}
        """The name of the trial that failed first with a message, by the message."""

    def on_study_started(self, summary: StudySummary) -> None:
        """Take over the trials that earlier runs finished."""
        self.progress = replace(self.progress, summary=summary, finished_before=summary.finished)

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        """Put the trial into its slot."""
        trial = TrialProgress(
            spec.number, spec.budget_seconds, attempt=spec.attempt, label=label, name=trial_name(spec)
        )
        self.progress = self.progress.with_trial(slot, trial)

    def on_phase(self, slot: int, spec: TrialSpec, phase: Phase) -> None:
        """Note what the trial is doing."""
        self.progress = self.progress.with_phase(slot, phase)

    def on_wait(self, slot: int, spec: TrialSpec, doing: str) -> None:
        """Note what the simulator is doing that the trial waits for."""
        self.progress = self.progress.with_wait(slot, doing, self._clock.now())

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        """Lengthen the trial's curve."""
        self.progress = self.progress.with_tick(slot, tick)

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        """Empty the slot, take over the new counts, and keep the warning if files could not be written."""
        self.progress = self.progress.with_outcome(slot, summary)
        warning = warning_of(outcome)
        if warning is not None:
            self.progress = self.progress.with_warning(spec.number, warning)

    def on_message(self, text: str) -> None:
        """Keep the message, to show it below the progress."""
        self.progress = replace(self.progress, note=one_line(text))

    def on_warning(self, text: str) -> None:
        """Keep nothing: a warning is printed, and stays."""

    def ended_text(self, spec: TrialSpec, outcome: Outcome) -> str:
        """Say in one line how a trial ended; a fault that another trial had too is not told twice."""
        if outcome.kind not in _FAULTS:
            return outcome_text(spec, outcome)
        first = self._told.setdefault(f"{outcome.kind}: {outcome.message}", trial_name(spec))
        if first == trial_name(spec):
            return outcome_text(spec, outcome)
        return f"{trial_name(spec)} {outcome.kind.value} as {first.lower()} did."


class LiveWatcher(StudyWatcher):
    """Shows the progress in a live view. Faults and warnings are printed above it and stay."""

    def __init__(self, config: StudyConfig, clock: Clock, console: Console) -> None:
        super().__init__(config, clock)
        self._console = console
        self.view = LiveView(lambda: self.progress, clock)

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        """Empty the slot, take over the new counts, and print a fault."""
        super().on_trial_finished(slot, spec, outcome, summary)
        if outcome.kind in _FAULTS and not _ends_the_run(outcome):
            self._console.print(Text(self.ended_text(spec, outcome), style="red"))
        warning = warning_of(outcome)
        if warning is not None:
            self._console.print(Text(warning_line(spec.number, warning), style="bold red"))

    def on_warning(self, text: str) -> None:
        """Print the warning above the view."""
        self._console.print(Text(f"WARNING: {text}", style="bold red"))


class LineWatcher(StudyWatcher):
    """Prints one line for every event, and now and then one on the progress of each trial."""

    def __init__(self, config: StudyConfig, clock: Clock, console: Console) -> None:
        super().__init__(config, clock)
        self._console = console
        self._compiling_since: dict[int, float] = {}
        self._reported: dict[int, float] = {}

    def on_study_started(self, summary: StudySummary) -> None:
        """Print what is about to run."""
        super().on_study_started(summary)
        self._say(f"Study {summary.study}: {headline(self.progress)}.")
        self._say(count_text(summary))

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        """Print that a trial starts."""
        super().on_trial_started(slot, spec, label)
        named = f" ({label})" if label else ""
        again = f", retry {spec.attempt}" if spec.attempt else ""
        self._say(f"{trial_name(spec)}{named} starts on worker {slot}{again}.")
        self._reported[slot] = self._clock.now()
        self._compiling_since.pop(slot, None)

    def on_phase(self, slot: int, spec: TrialSpec, phase: Phase) -> None:
        """Print when the trial compiles and how long that took. Evaluations are too many to print."""
        super().on_phase(slot, spec, phase)
        if phase == "compile":
            self._compiling_since[slot] = self._clock.now()
            self._say(f"{trial_name(spec)} is compiling.")
        elif slot in self._compiling_since:
            seconds = self._clock.now() - self._compiling_since.pop(slot)
            self._say(f"{trial_name(spec)} compiled in {seconds:.1f} s and trains.")

    def on_wait(self, slot: int, spec: TrialSpec, doing: str) -> None:
        """Print what the trial waits for, unless something was printed less than `_REPORT_SECONDS` ago."""
        super().on_wait(slot, spec, doing)
        now, trial = self._clock.now(), self.progress.slots.get(slot)
        if trial is not None and self._is_due(slot, now):
            self._say(waiting_text(trial, now))

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        """Print how far the trial is, unless that was printed less than `_REPORT_SECONDS` ago."""
        super().on_tick(slot, spec, tick, score)
        now, trial = self._clock.now(), self.progress.slots.get(slot)
        if trial is not None and self._is_due(slot, now):
            self._say(tick_text(trial, self.progress.seconds_left(now - self.progress.started)))

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        """Print how the trial ended, and the best so far if it is this one."""
        super().on_trial_finished(slot, spec, outcome, summary)
        if not _ends_the_run(outcome):
            self._say(self.ended_text(spec, outcome))
        warning = warning_of(outcome)
        if warning is not None:
            self._say(warning_line(spec.number, warning))
        if summary.standing is not None or (summary.best is not None and summary.best.number == spec.number):
            self._say(f"{standing_text(summary, self.progress.target)}.")

    def on_message(self, text: str) -> None:
        """Print the message."""
        super().on_message(text)
        self._say(printable(text))

    def on_warning(self, text: str) -> None:
        """Print the warning."""
        self._say(f"WARNING: {text}")

    def _is_due(self, slot: int, now: float) -> bool:
        """Return whether a line on the progress in a slot is due, and count the time to the next one from now."""
        due = now - self._reported.get(slot, now) >= _REPORT_SECONDS
        if due:
            self._reported[slot] = now
        return due

    def _say(self, text: str) -> None:
        elapsed = self._clock.now() - self.progress.started
        try:
            self._console.print(Text(f"[{duration_text(elapsed)}] {text}"))
        except OSError:  # a full disk costs the lines, not the study; the output at the end reports it
            self._console.quiet = True


@contextmanager
def watching_study(config: StudyConfig, clock: Clock, out: Console) -> Iterator[StudyWatcher]:
    """Watch a run inside the `with` block: in a live view on a terminal, by lines anywhere else."""
    if not out.is_terminal:
        yield LineWatcher(config, clock, out)
        return
    watcher = LiveWatcher(config, clock, out)
    with Live(watcher.view, console=out, refresh_per_second=_REFRESHES_PER_SECOND, transient=True):
        yield watcher


def tick_text(trial: TrialProgress, seconds_left: float | None) -> str:
    """Say in one line how far a trial is.

    Args:
        trial: the trial, with at least one tick.
        seconds_left: estimate for the whole run, if there is one.
    """
    last = trial.ticks[-1]
    parts = [
        f"{trial.name or f'Trial {trial.number}'}: {trial.clock_seconds:.1f} of {trial.budget_seconds:g} s",
        f"return {number_text(last.estimate)}",
        f"best {number_text(last.best)}",
        f"{number_text(trial.steps_per_second, 0)} steps/s",
    ]
    if seconds_left is not None:
        parts.append(f"about {duration_text(seconds_left)} left for the study")
    return ", ".join(parts) + "."


def _ends_the_run(outcome: Outcome) -> bool:
    """Return whether the outcome is the user's mistake. The run ends with its message, which is not printed twice."""
    return outcome.details.get("user_error") is True


def _on_the_way(outcome: Outcome) -> str:
    """Say when a trial reached its milestones, as the middle of a sentence."""
    times = {each.label: each.reached_seconds for each in milestones_of(outcome)}
    return "".join(f", {label} in {seconds:.1f} s" for label, seconds in times.items() if seconds is not None)


def outcome_text(spec: TrialSpec, outcome: Outcome) -> str:
    """Say in one line how a trial ended."""
    name = trial_name(spec)
    best = f"best return {number_text(outcome.best_return)}."
    match outcome.kind:
        case OutcomeKind.REACHED:
            return f"{name} reached the target in {number_text(outcome.reached_seconds, 1)} s{_on_the_way(outcome)}."
        case OutcomeKind.EXHAUSTED:
            over = f" ({outcome.message})" if outcome.message else ""
            spent = f"{name} spent its {outcome.clock_seconds:.1f} s{over}{_on_the_way(outcome)}"
            return f"{spent}; {unmeasured_text(outcome) or best}"
        case OutcomeKind.PRUNED:
            rule = f" ({outcome.rule})" if outcome.rule else ""
            return f"{name} was pruned{rule} after {outcome.clock_seconds:.1f} s; {best}"
        case OutcomeKind.INTERRUPTED:
            return f"{name} was interrupted after {outcome.clock_seconds:.1f} s and is queued again."
        case OutcomeKind.TOO_LARGE:
            return f"{name} was not trained. {one_line(outcome.message)}"
        case _:
            said = one_line(outcome.message).rstrip(".") or "no reason was given"
            return f"{name} {outcome.kind.value}: {said}" + ("" if said.endswith("…") else ".")
