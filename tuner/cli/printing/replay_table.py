"""How replays are printed: what was replayed, and one row for each arm."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.analysis import Estimated
from tuner.cli.printing.text import number_text
from tuner.replay import ArmSummary, ReplayData, Settings, SurrogateError

_TITLES = (
    "arm",
    "best found after, s",
    "against the first",
    "found",
    "ends with, s",
    "study, s",
    "false prunes",
    "on losers",
    "stopped",
)


def print_replays(
    out: Console,
    data: ReplayData,
    settings: Settings,
    arms: Sequence[ArmSummary],
    *,
    surrogate: SurrogateError | None = None,
) -> None:
    """Print what was replayed, and the arms as a table.

    Args:
        out: where to.
        data: what was replayed.
        settings: how.
        arms: at least one.
        surrogate: the error of the stand-in for samplers; None if no arm has one.
    """
    for line in data_lines(data, settings):
        out.print(Text(line))
    out.print(arms_table(arms))
    for line in remark_lines(data, surrogate):
        out.print(Text(line))


def data_lines(data: ReplayData, settings: Settings) -> list[str]:
    """Return what was replayed, in sentences."""
    config = data.config
    reached = sum(curve.reached_seconds is not None for curves in data.curves for curve in curves)
    lines = [
        f"{data.runs} recorded runs of {len(data.curves)} configurations on {config.task.id}, target "
        f"{config.objective.target:g}, budget {config.budget.seconds:g} s; {reached} runs reached the target.",
        f"{settings.repeats} studies of {settings.trials} trials on {settings.workers} "
        f"worker{'s' * (settings.workers != 1)} for each arm, seed {settings.seed}. "
        f"The best true time is {min(data.true_seconds):.1f} s.",
    ]
    if data.cut:
        lines.append(
            f"{data.cut} of the runs had been stopped by a pruner: their curves end there, and {data.runs - data.cut} "
            "full ones remain. An arm that would have let them go on ends them there too."
        )
    if data.left_out:
        lines.append(f"{data.left_out} runs that failed or were interrupted are left out.")
    if len(data.machines) > 1:
        lines.append(
            f"They were recorded on {len(data.machines)} kinds of machine ({'; '.join(data.machines)}), whose seconds "
            "are not the same: differences between configurations may be differences between machines."
        )
    if data.contended:
        lines.append(f"{data.contended} runs had to share their CPUs, so their seconds are too many.")
    if data.elsewhere:
        lines.append(
            f"{data.elsewhere} trials that ran on other kinds of device are left out: their seconds are others."
        )
    return lines


def arms_table(arms: Sequence[ArmSummary]) -> Table:
    """Return one row for each arm."""
    table = Table(box=None, header_style="dim")
    with_cuts = any(arm.cut for arm in arms)
    for title in (*_TITLES, *(["cut"] if with_cuts else [])):
        table.add_column(title, justify="left" if title == "arm" else "right", overflow="fold")
    for arm in arms:
        table.add_row(
            arm.arm,
            _seconds(arm.found_seconds),
            "—" if arm.against_first is None else _text(arm.against_first, ".2f"),
            f"{arm.found:.0%}",
            _seconds(arm.final_seconds),
            _seconds(arm.wall_seconds),
            "—" if arm.false_prunes is None else _text(arm.false_prunes, ".1%"),
            f"{arm.losers.value:.0%}",
            number_text(arm.stopped, 1),
            *([number_text(arm.cut, 1)] if with_cuts else []),
        )
    return table


def remark_lines(data: ReplayData, surrogate: SurrogateError | None) -> list[str]:
    """Return what one should know to read the table, in sentences."""
    among = "at the top" if data.confirmed == 1 else f"among the {data.confirmed} best trials, which would be confirmed"
    lines = [
        f"Best found: when a configuration whose true time is within 10 % of the best there was first stood {among}. "
        "False prunes: stopped trials that would have become the best of their study. Intervals (95 %) are "
        "over orders and seeds."
    ]
    if surrogate is not None:
        lines.append(
            "Samplers were replayed on a model of the recorded configurations, which is on average "
            f"{surrogate.model_seconds:.1f} s off their true times (leaving one out; the nearest other one is "
            f"{surrogate.nearest_seconds:.1f} s off, the mean of all {surrogate.mean_seconds:.1f} s): such rows are "
            "approximate."
        )
    return lines


def _seconds(estimated: Estimated) -> str:
    return _text(estimated, ",.0f" if estimated.value >= 100 else ".1f")


def _text(estimated: Estimated, form: str) -> str:
    value = format(estimated.value, form)
    if estimated.low is None or estimated.high is None:
        return value
    return f"{value} ({format(estimated.low, form)} … {format(estimated.high, form)})"
