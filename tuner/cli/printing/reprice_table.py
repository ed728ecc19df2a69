"""What `tuner reprice` prints."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tuner.analysis import Repricing
from tuner.cli.printing.text import number_text
from tuner.records import Calibration


def print_repricing(out: Console, repricing: Repricing, top: int | None) -> None:
    """Print the new ranking beside the old one, what could not be ranked, and what it rests on."""
    out.print(Text(f"{repricing.study} on: {repricing.calibration.device.class_name}\n", style="bold"))
    out.print(_table(repricing, top))
    left_out = ", ".join(f"{count} {reason}" for reason, count in repricing.left_out.items())
    lines = [""] + [f"Left out: {left_out}."] * bool(left_out)
    lines += [text] if (text := contention_text(repricing.calibration)) else []
    lines += ["Predicted, not measured. It assumes:", *(f"- {line}" for line in repricing.assumptions)]
    for line in lines:
        out.print(Text(line))


def calibration_text(calibration: Calibration) -> str:
    """Return a machine's speeds in one sentence."""
    steps, updates = calibration.env_steps_per_second, calibration.updates_per_second
    return (
        f"{calibration.device.class_name}: {number_text(steps)} environment steps and {number_text(updates)} "
        "reference updates per second."
    )


def contention_text(calibration: Calibration) -> str | None:
    """Return a warning about a calibration that was measured beside other work; None for any other."""
    if not calibration.contended:
        return None
    return (
        "WARNING: other work competed for the CPUs while this machine was measured. Measure it again when it is idle."
    )


def _table(repricing: Repricing, top: int | None) -> Table:
    several = len({trial.device_class for trial in repricing.trials}) > 1
    table = Table(box=None, header_style="dim")
    titles = ("new rank", "old rank", "trial", "measured", "predicted", "steps", "updates", "µs/step", "ms/update")
    for title in titles:
        table.add_column(title, justify="right")
    for title in ("warm start", *(["measured on"] if several else [])):
        table.add_column(title)
    for trial in repricing.trials[:top]:
        table.add_row(
            str(trial.new_rank),
            str(trial.rank),
            str(trial.number),
            f"{trial.seconds:.1f} s",
            f"{trial.predicted_seconds:.1f} s",
            f"{trial.env_steps:,}",
            f"{trial.updates:,}",
            f"{1e6 * trial.step_seconds:.1f}",
            f"{1e3 * trial.update_seconds:.2f}",
            trial.warm_start or "",
            *([trial.device_class] if several else []),
        )
    return table
