"""Tables and figures of a benchmark's runs."""

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from _runs_file import Run

from tuner.analysis import mean_time, restricted
from tuner.figures import curves_figure, write_figure


def cell(run: Run) -> str:
    """Return the seconds to the target, or the best return in brackets."""
    if run.reached_seconds is not None:
        return f"{run.reached_seconds:.1f} s"
    return f"{run.kind} (best {'–' if run.best_return is None else f'{run.best_return:.1f}'})"


SUMMARY_HEAD = f"{'reached':>8} {'mean time to target, s':>28} {'final return':>26} {'contended':>10}"


def summary(runs: Sequence[Run]) -> str:
    """Return a summary of the runs of one variant, in columns under `SUMMARY_HEAD`.

    It shows how many reached the target, the restricted mean time with its interval, the median and range of the
    returns at the end, and how many had to share their CPUs.
    """
    times = mean_time(restricted([run.reached_seconds for run in runs], runs[0].budget_seconds))
    reached = f"{sum(run.reached_seconds is not None for run in runs)}/{len(runs)}"
    contended = f"{sum(run.contended for run in runs)}/{len(runs)}"
    return f"{reached:>8} {times!s:>28} {_returns_text(runs):>26} {contended:>10}"


def groups(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Group the runs that can be compared with one another; the title says what was asked of them."""
    found: dict[str, list[Run]] = {}
    for run in runs:
        title = (
            f"{run.task}: training clock to a return of {run.target:g}, budget {run.budget_seconds:g} s"
            f"{'' if run.stop_at_target else ' in full'}, {run.threads} thread{'s' if run.threads > 1 else ''}"
        )
        found.setdefault(title, []).append(run)
    return {
        title + (f", up to {jobs} side by side" if (jobs := max(run.jobs for run in group)) > 1 else ""): group
        for title, group in found.items()
    }


def add_figure_argument(parser: argparse.ArgumentParser, what: str = "the curves") -> None:
    """Add the option --figure; `what` is drawn."""
    parser.add_argument("--figure", type=Path, metavar="FILE", help=f"draw {what} into an .html or .png file")


def curves_data(runs: Sequence[Run]) -> pd.DataFrame:
    """Return the runs' learning curves as `tuner.figures` draws them: a line for each run, labelled by its variant."""
    rows = [
        {"label": run.variant, "trial": f"{run.variant} {run.seed}", "clock_seconds": seconds, "estimate": estimate}
        for run in runs
        for seconds, estimate, *_ in run.curve
    ]
    return pd.DataFrame(rows, columns=["label", "trial", "clock_seconds", "estimate", "low", "high", "best"])


def draw(runs: Sequence[Run], file: Path) -> None:
    """Draw the learning curves of the last group of runs; exit if there are none."""
    if not runs:
        sys.exit("There are no runs to draw.")
    title, group = list(groups(runs).items())[-1]
    ordered = sorted(group, key=lambda run: (run.variant, run.seed))
    write_figure(curves_figure(curves_data(ordered), target=group[0].target, title=title.partition(":")[0]), file)


def _returns_text(runs: Sequence[Run]) -> str:
    """Return the median and the range of the returns at the end of the runs."""
    finals = [run.final_return for run in runs if run.final_return is not None]
    if not finals:
        return "–"
    return f"{statistics.median(finals):.1f} ({min(finals):.1f} … {max(finals):.1f})"
