"""One training in a worker process, and those who watch it."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from tuner.cli.printing.text import duration_text, number_text, sparkline
from tuner.cli.watching.interrupt import StopOnSignal
from tuner.cli.watching.progress import TrialProgress
from tuner.clock import Clock, MonotonicClock
from tuner.config import TrialSpec, WorkersConfig
from tuner.errors import UserError
from tuner.export import ExportedConfiguration
from tuner.records import Outcome, OutcomeKind
from tuner.training import StopRequest
from tuner.workers import Event, LocalPool, OutcomeEvent, PhaseEvent, TickEvent, WorkerPool

TICKS = 40
"""In the export's own budget, as studies have it; a longer training has more of them, equally far apart."""
MOST_TICKS = 10_000
"""More tell nothing, and a training that is longer than the export's by orders of magnitude would do little else."""
_POLL_SECONDS = 0.25
_TELL_SECONDS = 10.0
"""Wall-clock time between two lines on the progress, where there is no terminal."""
_STOPPING = "Stopping; the policy is saved. Ctrl-C again to give it up."
_STOPPING_NOW = "Stopping without waiting for the policy."


def training_spec(
    configuration: ExportedConfiguration,
    *,
    seconds: float | None,
    until_target: bool,
    seed: int,
    start_from: Path | None,
    directory: Path,
) -> TrialSpec:
    """Return what a worker is to train.

    With the export's own budget and a trial's seed it is that trial over again, but for where it stops.

    Args:
        configuration: the export.
        seconds: training clock; None for the export's budget.
        until_target: stop at the target.
        seed: seeds simulator and agent.
        start_from: folder of a run to start from.
        directory: folder of the training.

    Raises:
        UserError: if there is no target to stop at.
    """
    objective = configuration.objective
    if until_target and (objective.kind != "time_to_return" or objective.target is None):
        raise UserError(
            "--until-target needs a target, but the export's objective is the return at the end of the budget. Leave "
            "--until-target out."
        )
    budget = configuration.budget_seconds if seconds is None else seconds
    times_longer = max(1.0, min(budget / configuration.budget_seconds, MOST_TICKS / TICKS))
    return TrialSpec(
        study=configuration.provenance.study,
        number=configuration.provenance.trial,
        seed=seed,
        task=configuration.task,
        agent=configuration.agent,
        objective=objective,
        budget_seconds=budget,
        ticks=math.ceil(TICKS * times_longer),
        threads=configuration.threads,
        stop_at_target=until_target,
        start_from=None if start_from is None else str(start_from),
        directory=str(directory),
    )


def run_training(spec: TrialSpec, out: Console) -> Outcome:
    """Train in a worker process of its own, show how far it is, and return how it ended.

    Ctrl-C stops the training in order, so that the worker saves the policy; a second one does not wait for that.
    """
    clock = MonotonicClock()
    workers = WorkersConfig(count=1, threads=spec.threads)
    with LocalPool(workers, log_dir=Path(spec.directory or ".")) as pool, watching(spec, clock, out) as watcher:
        signals = 0

        def stop(count: int) -> None:
            nonlocal signals
            signals = count
            watcher.say(_STOPPING if count == 1 else _STOPPING_NOW)

        with StopOnSignal(stop):
            return train_alone(pool, spec, watcher.on_event, lambda: signals)


def train_alone(
    pool: WorkerPool, spec: TrialSpec, on_event: Callable[[Event], None], stops: Callable[[], int] = lambda: 0
) -> Outcome:
    """Train one trial in a pool and return its outcome.

    Args:
        pool: with an idle slot.
        spec: the trial.
        on_event: gets all other events of the trial.
        stops: asked all the time: 1 interrupts the trial in order, 2 closes the pool.
    """
    slot = pool.idle()[0]
    pool.submit(slot, spec)
    while True:
        if stops() == 1:
            pool.stop(slot, StopRequest(OutcomeKind.INTERRUPTED))
        elif stops() > 1:
            pool.close()
        for event in pool.poll(_POLL_SECONDS):
            if isinstance(event, OutcomeEvent):
                return event.outcome
            on_event(event)


class Watcher:
    """Keeps the progress of a training, and prints a line now and then; for logs and pipes."""

    def __init__(self, spec: TrialSpec, clock: Clock, out: Console) -> None:
        self.spec = spec
        self.progress = TrialProgress(spec.number, spec.budget_seconds)
        self.note = ""
        self._clock = clock
        self._out = out
        self._training_since = self._told = clock.now()

    def on_event(self, event: Event) -> None:
        """Take in what the worker says."""
        if isinstance(event, PhaseEvent):
            if event.phase == "train" and not self.progress.ticks:
                self._training_since = self._told = self._clock.now()
            self.progress = replace(self.progress, phase=event.phase)
        elif isinstance(event, TickEvent):
            self.progress = replace(self.progress, ticks=(*self.progress.ticks, event.tick))
        self.show(event)

    def show(self, event: Event) -> None:
        """Print what deserves a line."""
        now = self._clock.now()
        if isinstance(event, PhaseEvent) and event.phase == "compile":
            self.say("Compiling.")
        elif isinstance(event, TickEvent) and now - self._told >= _TELL_SECONDS:
            self._told = now
            self.say(f"{clock_text(self.progress)}, {estimate_text(self.progress, self.spec)}. {self.left_text()}.")

    def say(self, text: str) -> None:
        """Print a message."""
        self._out.print(text, markup=False)

    def left_text(self) -> str:
        """Say how long the training still takes, as far as that is known."""
        done = self.progress.clock_seconds
        if done <= 0:
            return "Time left is not known yet"
        wall = self._clock.now() - self._training_since
        left = (self.spec.budget_seconds - done) * max(1.0, wall / done)
        return f"{'At most' if self.spec.stop_at_target else 'About'} {duration_text(left)} left"


class LiveWatcher(Watcher):
    """Shows the progress in place, on a terminal; rich draws it from a thread of its own."""

    def show(self, event: Event) -> None:
        """Print nothing: the view is redrawn."""

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
        if self.note:
            yield Text(self.note, style="yellow")


@contextmanager
def watching(spec: TrialSpec, clock: Clock, out: Console) -> Iterator[Watcher]:
    """Watch a training inside the `with` block: in place on a terminal, by lines anywhere else."""
    if not out.is_terminal:
        watcher = Watcher(spec, clock, out)
        watcher.say(f"{headline(spec)}: {spec.budget_seconds:g} s.")
        yield watcher
        return
    live = LiveWatcher(spec, clock, out)
    with Live(live, console=out, refresh_per_second=4, transient=True):
        yield live


def headline(spec: TrialSpec) -> str:
    """Say what is trained."""
    return f"{spec.agent.algorithm.upper()} on {spec.task.id}, {spec.task.num_envs} robots, seed {spec.seed}"


def clock_text(progress: TrialProgress) -> str:
    """Return the training clock and its end."""
    return f"{progress.clock_seconds:.1f} of {progress.budget_seconds:g} s"


def estimate_text(progress: TrialProgress, spec: TrialSpec) -> str:
    """Return the estimated return with half the width of its interval, and the target."""
    last = progress.ticks[-1] if progress.ticks else None
    text = number_text(None if last is None else last.estimate)
    if last is not None and last.low is not None and last.high is not None:
        text += f" ±{number_text((last.high - last.low) / 2)}"
    target = spec.objective.target
    return f"return {text}" + ("" if target is None else f", target {target:g}")
