"""The live view of a running study: a table of workers, the best trial so far, what is left."""

from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from tuner.cli._format import duration_text, number_text, sparkline
from tuner.cli._progress import Best, Progress, TrialProgress
from tuner.clock import Clock

_WIDE = 100
"""Characters from which on everything fits: long curves, intervals, the names of warm starts."""
_COLUMNS = ("#", "trial", "doing", "return", "estimate", "clock", "steps/s", "updates/s")
_LEFT_ALIGNED = 4


class LiveView:
    """Draws whatever `progress` it was given last; rich asks it to, several times a second."""

    def __init__(self, progress: Progress, clock: Clock) -> None:
        self.progress = progress
        self._clock = clock

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield draw(self.progress, self._clock.now(), options.max_width)


def draw(progress: Progress, now_seconds: float, width: int) -> RenderableType:
    """Draw one study.

    Args:
        progress: what it looks like.
        now_seconds: the reading of the clock that `progress.started` was read from.
        width: characters in a line of the terminal.
    """
    elapsed = now_seconds - progress.started
    parts = [
        _headline(progress),
        _workers(progress, wide=width >= _WIDE),
        Text(best_text(progress.best, progress.target)),
    ]
    parts += [Text(count_text(progress)), Text(_time_text(progress, elapsed), style="dim")]
    if progress.note:
        parts.append(Text(progress.note, style="yellow"))
    return Group(*parts)


def best_text(best: Best | None, target: float | None) -> str:
    """Say in one line which trial is best so far."""
    if best is None:
        return "Best so far: no trial has finished yet."
    if best.reached_seconds is not None:
        return f"Best so far: trial {best.number} reached the target in {best.reached_seconds:.1f} s."
    missed = "" if target is None else ", the target was not reached"
    return f"Best so far: trial {best.number} with a return of {number_text(best.best_return)}{missed}."


def count_text(progress: Progress) -> str:
    """Say in one line how many trials finished, and how."""
    counted = ", ".join(f"{count} {kind}" for kind, count in progress.outcomes.items() if count)
    return f"Trials: {progress.finished} of {progress.trials} finished" + (f" ({counted})." if counted else ".")


def _headline(progress: Progress) -> Text:
    line = Text(progress.study, style="bold")
    target = "" if progress.target is None else f", target {progress.target:g}"
    line.append(f"  {progress.task}, {progress.num_envs} robots{target}", style="not bold")
    return line


def _time_text(progress: Progress, elapsed_seconds: float) -> str:
    left = progress.seconds_left(elapsed_seconds)
    rest = "" if left is None else f", about {duration_text(left)} left"
    return f"{duration_text(elapsed_seconds)} elapsed{rest}. Ctrl-C stops; the same command goes on later."


def _workers(progress: Progress, *, wide: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, name in enumerate(_COLUMNS):
        justify: JustifyMethod = "left" if index < _LEFT_ALIGNED else "right"
        table.add_column(name, justify=justify, no_wrap=True, max_width=12 if name == "trial" and not wide else None)
    for slot, trial in sorted(progress.slots.items()):
        table.add_row(str(slot), *_cells(trial, progress.target, wide=wide))
    return table


def _cells(trial: TrialProgress | None, target: float | None, *, wide: bool) -> list[str]:
    if trial is None:
        return ["—", "idle"]
    number = f"{trial.number} (retry {trial.attempt})" if trial.attempt else f"{trial.number}"
    return [
        f"{number} {trial.label}".rstrip(),
        trial.phase,
        sparkline([tick.estimate for tick in trial.ticks], 24 if wide else 10, high=target),
        _estimate_text(trial, interval=wide),
        f"{trial.clock_seconds:.1f} / {trial.budget_seconds:g} s",
        number_text(trial.steps_per_second, 0),
        number_text(trial.updates_per_second, 0),
    ]


def _estimate_text(trial: TrialProgress, *, interval: bool) -> str:
    last = trial.ticks[-1] if trial.ticks else None
    if last is None or last.estimate is None:
        return "—"
    if not interval or last.low is None or last.high is None:
        return number_text(last.estimate)
    return f"{number_text(last.estimate)} ±{number_text((last.high - last.low) / 2)}"
