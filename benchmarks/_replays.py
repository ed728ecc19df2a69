"""What the benchmarks of pruners and of samplers share: halves of the data, replays in several processes, tables."""

import argparse
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from _numbers import at_least
from optuna.exceptions import ExperimentalWarning

from tuner.errors import UserError
from tuner.figures import check_figure_path, replayed_data, replayed_figure, write_figure
from tuner.replay import (
    Arm,
    ArmResult,
    ArmSummary,
    ReplayData,
    Settings,
    check_arms,
    read_recordings,
    replay_arm,
    replay_data,
)

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""Each process has a CPU to itself; more threads only wait for each other."""


def replay_parser(doc: str | None, *, repeats: int) -> argparse.ArgumentParser:
    """Return a parser of the options that all replays have."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="recorded curves of one task")
    parser.add_argument(
        "--repeats", type=at_least(1), default=repeats, help=f"studies of each arm; {repeats} by default"
    )
    parser.add_argument("--workers", type=at_least(1), default=2, help="simulated workers")
    parser.add_argument("--seed", type=at_least(0), default=0, help="decides the halves, the orders and the seeds")
    parser.add_argument("--jobs", type=at_least(1), default=2, help="processes that replay")
    parser.add_argument(
        "--figure", type=Path, metavar="FILE", help="also draw the arms on the second half: .html, .png"
    )
    return parser


def run(compare: Callable[[argparse.Namespace, ReplayData], None], arguments: argparse.Namespace) -> None:
    """Read the files, compare arms on them, and print how long it took; exit with a message on bad input."""
    quiet()
    begun = time.perf_counter()
    try:
        if arguments.figure is not None:
            check_figure_path(arguments.figure)
        data = replay_data([read_recordings(file) for file in arguments.files])
        if len(data.curves) < 4:
            sys.exit(f"There are {len(data.curves)} recorded configurations, but two halves need at least 4.")
        if min(data.true_seconds) >= data.config.budget.seconds:
            sys.exit("No recorded run reached the target, so no study can find anything. Record with a lower --target.")
        compare(arguments, data)
    except UserError as error:
        sys.exit(str(error))
    print(f"\n{time.perf_counter() - begun:.0f} s")


def print_data(data: ReplayData, settings: Settings) -> None:
    """Print what is replayed."""
    config = data.config
    print(
        f"{config.task.id}, target {config.objective.target:g}, budget {config.budget.seconds:g} s: {data.runs} runs "
        f"of {len(data.curves)} configurations; {settings.repeats} studies of {settings.trials} trials on "
        f"{settings.workers} workers"
    )
    print(f"recorded on {' and on '.join(data.machines) or 'an unknown machine'}; {data.contended} runs shared CPUs")


def halves(data: ReplayData, seed: int, *, both: Sequence[int] = ()) -> tuple[ReplayData, ReplayData]:
    """Return two halves of the configurations, each with every other one by its true time.

    Args:
        data: all of them.
        seed: decides which of two neighbours belongs to which half.
        both: configurations that belong to both halves.
    """
    order = [place for place in np.argsort(data.true_seconds, kind="stable").tolist() if place not in both]
    swaps = np.random.default_rng(seed).random(len(order) // 2) < 0.5
    first, second = list(both), list(both)
    for pair, swap in enumerate(swaps):
        left, right = order[2 * pair], order[2 * pair + 1]
        first.append(right if swap else left)
        second.append(left if swap else right)
    return data.part(first), data.part(second)


def replay_all(data: ReplayData, arms: Sequence[Arm], settings: Settings, jobs: int) -> list[ArmResult]:
    """Replay the arms in several processes."""
    check_arms(arms, data.config.objective, data.config.budget, trials=settings.trials)
    settings.check(data)
    if jobs == 1:
        return [replay_arm(data, arm, settings) for arm in arms]
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=quiet) as pool:
        return list(pool.map(partial(_replay_one, data, settings), arms))


def _replay_one(data: ReplayData, settings: Settings, arm: Arm) -> ArmResult:
    return replay_arm(data, arm, settings)


def quiet() -> None:
    """Let Optuna print warnings only, and none about what is experimental."""
    warnings.simplefilter("ignore", ExperimentalWarning)
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def print_table(title: str, summaries: Sequence[ArmSummary]) -> None:
    """Print one row for each arm."""
    first = summaries[0].arm
    print(f"\n{title}")
    print(
        f"{'':>22} {'best found after, s':>26} {'/ ' + first:>20} {'found':>6} {'ends with, s':>20} {'study, s':>9} "
        f"{'false prunes, %':>20} {'losers':>7} {'stopped':>8}"
    )
    for arm in summaries:
        false = "–" if arm.false_prunes is None else text(arm.false_prunes, ".1f", 100.0)
        against = "" if arm.against_first is None else text(arm.against_first, ".2f")
        print(
            f"{arm.arm:>22} {text(arm.found_seconds, ',.0f'):>26} {against:>20} {arm.found:>6.0%} "
            f"{text(arm.final_seconds, '.1f'):>20} {arm.wall_seconds.value:>9,.0f} {false:>20} "
            f"{arm.losers.value:>7.0%} {arm.stopped:>8.1f}"
        )


def text(estimated: Any, form: str, factor: float = 1.0) -> str:
    """Return a number with its interval."""
    value, low, high = (
        "" if number is None else format(number * factor, form)
        for number in (estimated.value, estimated.low, estimated.high)
    )
    return f"{value} ({low} … {high})" if low else value


def draw(results: Sequence[ArmResult], data: ReplayData, settings: Settings, file: Path | None) -> None:
    """Draw the arms on the second half, if a file is asked for."""
    if file is None:
        return
    subtitle = f"{data.config.task.id}, second half: mean and 95 % interval of {settings.repeats} studies."
    table = replayed_data(results, budget_seconds=data.config.budget.seconds)
    write_figure(replayed_figure(table, subtitle=subtitle), file)
