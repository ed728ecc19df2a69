"""Show how far one training is: by lines, or in place on a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from tuner.cli.printing.text import duration_text, number_text, sparkline
from tuner.cli.watching.progress import TrialProgress
from tuner.cli.watching.study_view import waiting_text
from tuner.clock import Clock
from tuner.config import TrialSpec
from tuner.workers import Event, NoticeEvent, PhaseEvent, TickEvent, WaitEvent

_REPORT_SECONDS = 10.0
"""Wall-clock time between two lines on the progress, if there is no terminal."""


class TrainingWatcher:
    """Keeps the progress of a training, and prints a line on it now and then; for logs and pipes."""

    def __init__(self, spec: TrialSpec, clock: Clock, out: Console) -> None:
        self.spec = spec
        self.progress = TrialProgress(spec.number, spec.budget_seconds, name="The training")
        self.note = ""
        self._clock = clock
        self._out = out
        self._training_since = self._reported = clock.now()

    def on_event(self, event: Event) -> None:
        """Take in an event of the worker."""
        if isinstance(event, PhaseEvent):
            if event.phase == "train" and not self.progress.ticks:
                self._training_since = self._reported = self._clock.now()
            self.progress = replace(self.progress, phase=event.phase, waits_for="")
        elif isinstance(event, WaitEvent):
            self.progress = self.progress.waiting(event.doing, self._clock.now())
        elif isinstance(event, NoticeEvent):
            self.say(event.text)
        elif isinstance(event, TickEvent):
            self.progress = replace(self.progress, ticks=(*self.progress.ticks, event.tick))
        self.show(event)

    def show(self, event: Event) -> None:
        """Print a line if the event deserves one."""
        now = self._clock.now()
        if isinstance(event, PhaseEvent) and event.phase == "compile":
            self.say("Compiling.")
        elif isinstance(event, WaitEvent) and now - self._reported >= _REPORT_SECONDS:
            self._reported = now
            self.say(waiting_text(self.progress, now))
        elif isinstance(event, TickEvent) and now - self._reported >= _REPORT_SECONDS:
            self._reported = now
            self.say(f"{clock_text(self.progress)}, {estimate_text(self.progress, self.spec)}. {self.left_text()}.")

    def say(self, text: str) -> None:
        """Print a message."""
        self._out.print(text, markup=False)

    def left_text(self) -> str:
        """Return how long the training still takes, if that is known."""
        done = self.progress.clock_seconds
        if done <= 0:
            return "Time left is not known yet"
        wall = self._clock.now() - self._training_since
        left = (self.spec.budget_seconds - done) * max(1.0, wall / done)
        return f"{'At most' if self.spec.stop_at_target else 'About'} {duration_text(left)} left"


class LiveTrainingWatcher(TrainingWatcher):
    """Shows the progress in place, on a terminal. Rich draws it from its own thread."""

    def show(self, event: Event) -> None:
        """Print nothing, as the view is redrawn."""

    def say(self, text: str) -> None:
        """Keep the message below the progress."""
        self.note = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        progress, spec = self.progress, self.spec
        yield Text.assemble((headline(spec), "bold"), f"   {progress.phase}")
        curve = sparkline([tick.estimate for tick in progress.ticks], 40, high=spec.objective.target)
        yield Text(f"{clock_text(progress)}   {estimate_text(progress, spec)}   {curve}")
        rates = (progress.steps_per_second, progress.updates_per_second)
        speed = f"{number_text(rates[0], 0)} steps/s, {number_text(rates[1], 0)} updates/s."
        yield Text(f"{speed} {self.left_text()}. Ctrl-C saves the policy and stops.", style="dim")
        if progress.waits_for:
            yield Text(waiting_text(progress, self._clock.now()), style="dim")
        if self.note:
            yield Text(self.note, style="yellow")


@contextmanager
def watching_training(spec: TrialSpec, clock: Clock, out: Console) -> Iterator[TrainingWatcher]:
    """Watch a training inside the `with` block: in place on a terminal, by lines anywhere else."""
    if not out.is_terminal:
        watcher = TrainingWatcher(spec, clock, out)
        watcher.say(f"{headline(spec)}: {spec.budget_seconds:g} s.")
        yield watcher
        return
    live = LiveTrainingWatcher(spec, clock, out)
    with Live(live, console=out, refresh_per_second=4, transient=True):
        yield live


def headline(spec: TrialSpec) -> str:
    """Return what is trained, in a line."""
    return f"{spec.agent.algorithm.upper()} on {spec.task.id}, {spec.task.num_envs} robots, seed {spec.seed}"


def clock_text(progress: TrialProgress) -> str:
    """Return the training clock and its budget."""
    return f"{progress.clock_seconds:.1f} of {progress.budget_seconds:g} s"


def estimate_text(progress: TrialProgress, spec: TrialSpec) -> str:
    """Return the estimated return with half the width of its interval, and the target."""
    last = progress.ticks[-1] if progress.ticks else None
    text = number_text(None if last is None else last.estimate)
    if last is not None and last.low is not None and last.high is not None:
        text += f" ±{number_text((last.high - last.low) / 2)}"
    target = spec.objective.target
    return f"return {text}" + ("" if target is None else f", target {target:g}")
