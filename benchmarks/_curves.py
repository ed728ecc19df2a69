"""Draw the learning curves of a benchmark's runs."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from _runs_file import Run
from _training_runs import groups

from tuner.figures import curves_figure, write_figure


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
    """Draw the learning curves of the runs that can be compared with the last one; end the program without runs."""
    if not runs:
        sys.exit("There are no runs to draw.")
    title, group = list(groups(runs).items())[-1]
    ordered = sorted(group, key=lambda run: (run.variant, run.seed))
    write_figure(curves_figure(curves_data(ordered), target=group[0].target, title=title.partition(":")[0]), file)
