"""Tables and figures of a benchmark's runs."""

import argparse
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from _runs_file import Run

from tuner.analysis import mean_time, restricted
from tuner.figures import curves_figure, write_figure
from tuner.records import Outcome

RANGES = (
    "Estimated return of the policy in training: median and range over the seeds, where all have an estimate.<br>"
    "Time counts collecting and learning only."
)


def cell(run: Run | Outcome) -> str:
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
    reached, mean = times_text(runs, runs[0].target)
    returns = spread_text([run.final_return for run in runs], decimals=1)
    return f"{reached:>8} {mean:>28} {returns:>26} {contended_text(runs):>10}"


def times_text(runs: Sequence[Run], goal: float) -> tuple[str, str]:
    """Return how many runs of one variant reached a return, and the restricted mean time to it with its interval."""
    seconds = [run.seconds_to(goal) for run in runs]
    reached = f"{sum(time is not None for time in seconds)}/{len(seconds)}"
    return reached, str(mean_time(restricted(seconds, runs[0].budget_seconds)))


def contended_text(runs: Sequence[Run]) -> str:
    """Return how many runs had to share their CPUs."""
    return f"{sum(run.contended for run in runs)}/{len(runs)}"


def spread_text(values: Iterable[float | None], *, decimals: int) -> str:
    """Return the median and the range of the values that are known."""
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    middle, least, most = (f"{value:.{decimals}f}" for value in (statistics.median(known), min(known), max(known)))
    return f"{middle} ({least} … {most})"


def groups(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Group the runs that can be compared with one another; the title says what was asked of them.

    It also says on what machines they ran, as times of different machines do not compare.
    """
    found: dict[str, list[Run]] = {}
    for run in runs:
        goals = " and ".join(f"{goal:g}" for goal in run.goals)
        title = (
            f"{run.task}: training clock to {'a return' if len(run.goals) == 1 else 'returns'} of {goals}, "
            f"budget {run.budget_seconds:g} s{'' if run.stop_at_target else ' in full'}, "
            f"{run.threads} thread{'s' if run.threads > 1 else ''}"
        )
        found.setdefault(title, []).append(run)
    return {f"{title}{_side_by_side(group)}; {_machines(group)}": group for title, group in found.items()}


def _side_by_side(runs: Sequence[Run]) -> str:
    jobs = max(run.jobs for run in runs)
    return f", up to {jobs} side by side" if jobs > 1 else ""


def _machines(runs: Sequence[Run]) -> str:
    counts = Counter(run.machine for run in runs)
    if len(counts) == 1:
        return f"on {next(iter(counts))}"
    return "on " + " and ".join(
        f"{machine} ({count} run{'s' if count > 1 else ''})" for machine, count in counts.most_common()
    )


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


def ranges_data(runs: Sequence[Run]) -> pd.DataFrame:
    """Return a curve for each variant in the form of `curves_data`: median and range of its runs at every tick.

    Ticks at which a run of the variant has no estimate are left out: the others do not stand for it.
    """
    known = curves_data(runs).dropna(subset=["estimate"]).astype({"estimate": "float64"})
    seeds = {variant: sum(run.variant == variant for run in runs) for variant in known["label"].unique()}
    points = known.groupby(["label", "clock_seconds"], sort=False)["estimate"].agg(["median", "min", "max", "count"])
    points = points.reset_index().sort_values("clock_seconds", kind="stable")
    points = points[points["count"] == points["label"].map(seeds)]
    columns = {"median": "estimate", "min": "low", "max": "high"}
    return points.rename(columns=columns).assign(trial=points["label"], best=float("nan"))


def draw(runs: Sequence[Run], file: Path) -> None:
    """Draw the learning curves of the last group of runs, a line for each; exit if there are none."""
    title, group = _last_group(runs)
    ordered = sorted(group, key=lambda run: (run.variant, run.seed))
    write_figure(curves_figure(curves_data(ordered), target=group[0].target, title=title), file)


def draw_ranges(runs: Sequence[Run], file: Path, variants: Sequence[str]) -> None:
    """Draw the last group of runs, a line with its range for each variant, in this order; exit if there are none."""
    title, group = _last_group(runs)
    data = ranges_data(group)
    if data.empty:
        sys.exit("There are no estimates to draw.")
    places = {variant: place for place, variant in enumerate(variants)}
    data = data.sort_values("label", key=lambda labels: labels.map(places), kind="stable")
    *milestones, target = group[0].goals
    write_figure(curves_figure(data, target=target, milestones=milestones, title=title, subtitle=RANGES), file)


def _last_group(runs: Sequence[Run]) -> tuple[str, list[Run]]:
    """Return the task and the runs of the last group."""
    if not runs:
        sys.exit("There are no runs to draw.")
    group = list(groups(runs).values())[-1]
    return group[0].task, group
