"""The live view of a running study: a table of workers, the best trial so far, what is left."""

import math
from collections.abc import Callable

from rich.console import Console, ConsoleOptions, Group, JustifyMethod, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from tuner.cli.printing.text import count_text, duration_text, number_text, sparkline, standing_text
from tuner.cli.printing.warnings import warning_line
from tuner.cli.watching.progress import Progress, TrialProgress
from tuner.clock import Clock

_WIDE = 100
"""Width in characters at which everything fits: long curves, intervals, the names of warm starts."""
_COLUMNS = ("#", "trial", "doing", "return", "estimate", "clock", "steps/s", "updates/s")
_LEFT_ALIGNED = 4
_AROUND_WORKERS = 3
"""Lines other than texts and workers: the table's header, the line that counts those left out, and the cursor's."""


class LiveView:
    """Draws the current progress. Rich calls it several times a second, from its own thread.

    Args:
        progress: returns the current progress.
        clock: time is read from it.
    """

    def __init__(self, progress: Callable[[], Progress], clock: Clock) -> None:
        self._progress = progress
        self._clock = clock

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield draw(self._progress(), self._clock.now(), options.max_width, console.height)


def draw(progress: Progress, now_seconds: float, width: int, height: int) -> RenderableType:
    """Draw one study.

    Args:
        progress: the study.
        now_seconds: the current reading of the clock, the same as that of `progress.started`.
        width: characters in a line of the terminal.
        height: its lines. Of more workers than there is room for, some are left out: the rest stays on the screen.
    """
    elapsed = now_seconds - progress.started
    waiting = [Text(waiting_text(trial, now_seconds), style="dim") for trial in progress.waiting_trials()]
    parts = [Text(f"{standing_text(progress.summary, progress.target)}.")]
    parts += [Text(count_text(progress.summary)), Text(_time_text(progress, elapsed), style="dim")]
    if progress.warnings:
        number, text = list(progress.warnings.items())[-1]
        more = f" ({len(progress.warnings)} trials have lost files.)" if len(progress.warnings) > 1 else ""
        parts.append(Text(warning_line(number, text) + more, style="bold red"))
    if progress.note:
        parts.append(Text(progress.note, style="yellow"))
    title = _title(progress)
    room = height - _AROUND_WORKERS - sum(math.ceil(text.cell_len / width) for text in (title, *parts))
    waiting = waiting[: max(0, room // 2)]
    workers = _workers(progress, wide=width >= _WIDE, rows=max(1, room - len(waiting)))
    return Group(title, *workers, *waiting, *parts)


def waiting_text(trial: TrialProgress, now_seconds: float) -> str:
    """Say in one line what the simulator is doing that a trial waits for, and for how long.

    Args:
        trial: a trial that waits.
        now_seconds: clock reading.
    """
    name = trial.name or f"Trial {trial.number}"
    return f"{name} waits for the simulator: {trial.waits_for}, {duration_text(now_seconds - trial.waits_since)}."


def headline(progress: Progress) -> str:
    """Return the task with its number of robots and its target."""
    target = "" if progress.target is None else f", target {progress.target:g}"
    return f"{progress.task}, {progress.num_envs} robots{target}"


def _title(progress: Progress) -> Text:
    return Text.assemble((progress.summary.study, "bold"), "  ", headline(progress))


def _time_text(progress: Progress, elapsed_seconds: float) -> str:
    left = progress.seconds_left(elapsed_seconds)
    rest = "" if left is None else f", about {duration_text(left)} left"
    return f"{duration_text(elapsed_seconds)} elapsed{rest}. Ctrl-C stops; the same command continues later."


def _workers(progress: Progress, *, wide: bool, rows: int) -> list[RenderableType]:
    """Return the table of workers; if they are more than so many rows, without the last ones or those that are idle."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for index, name in enumerate(_COLUMNS):
        justify: JustifyMethod = "left" if index < _LEFT_ALIGNED else "right"
        table.add_column(name, justify=justify, no_wrap=True, max_width=12 if name == "trial" and not wide else None)
    busy_first = sorted(progress.slots, key=lambda slot: (progress.slots[slot] is None, slot))
    for slot in sorted(busy_first[:rows]):
        table.add_row(str(slot), *_cells(progress.slots[slot], progress.target, wide=wide))
    left_out = len(busy_first) - rows
    return [table, Text(f"… and {left_out} more", style="dim")] if left_out > 0 else [table]


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
