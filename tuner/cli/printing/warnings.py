"""Warnings about what does not stop a run: files that could not be written, workers that share CPUs."""

import warnings
from collections.abc import Mapping
from typing import Any

import optuna
from rich.console import Console
from rich.text import Text

from tuner.config import WorkersConfig
from tuner.records import Outcome
from tuner.storage import outcome_of
from tuner.workers import LocalPool, WorkerPool


def quiet_optuna() -> None:
    """Silence Optuna's reports, which this program prints itself, and its warnings about experimental features."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def warning_of(outcome: Outcome) -> str | None:
    """Return what a trial could not write, and why; None if everything was written."""
    warning = outcome.details.get("warning")
    return None if warning is None else str(warning)


def warnings_of(study: optuna.Study) -> dict[int, str]:
    """Return what trials of a stored study could not write, by trial number."""
    outcomes = ((trial.number, outcome_of(trial)) for trial in study.get_trials(deepcopy=False))
    return {number: text for number, outcome in outcomes if outcome is not None and (text := warning_of(outcome))}


def warning_line(number: int, text: str) -> str:
    """Return in one line what a trial could not write."""
    return f"WARNING: trial {number}: {text.rstrip('.')}."


def warnings_data(lost: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return the warnings for JSON."""
    return [{"trial": number, "warning": text} for number, text in lost.items()]


def print_warnings(out: Console, warnings: Mapping[int, str]) -> None:
    """Print what trials could not write, by trial number."""
    for number, text in warnings.items():
        out.print(Text(warning_line(number, text), style="bold red"))


def print_sharing(out: Console, pool: WorkerPool, workers: WorkersConfig) -> None:
    """Print before a run if workers of this machine share CPUs, or should each have more CPUs than there are.

    All trials of workers that share CPUs will be marked as contended.
    """
    if not isinstance(pool, LocalPool):
        return
    if workers.threads > pool.cpu_count:
        line = (
            f"WARNING: workers.threads is {workers.threads}, but this machine, or its container's quota, has only "
            f"{pool.cpu_count} CPU{'s' * (pool.cpu_count > 1)} to run on, so each worker uses {pool.cpu_count}."
        )
        out.print(Text(line, style="bold red"))
    if pool.oversubscribed:
        line = (
            f"WARNING: {workers.count} workers of {workers.threads} threads share the CPUs of this machine, so trials "
            "slow each other down and their seconds do not compare. Run fewer (--workers) or with fewer threads "
            "(workers.threads in the study file)."
        )
        out.print(Text(line, style="bold red"))
