"""What `tuner run` prints at its end: the best configuration, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from tuner.analysis import Failure, StudyReport
from tuner.cli.printing.confirm_tables import print_confirmation
from tuner.cli.printing.failure_text import last_failure_text
from tuner.cli.printing.next_command import RunCommand
from tuner.cli.printing.study_tables import print_configuration
from tuner.cli.printing.target_doubt import target_doubt
from tuner.cli.printing.text import best_text, count_text, duration_text
from tuner.cli.printing.warnings import warnings_data
from tuner.config import StudyConfig
from tuner.confirm import Confirmation
from tuner.storage import StudySummary

_ENDS = {
    "finished": "All trials are done.",
    "interrupted": "Stopped. The same command continues where it stopped.",
    "time limit": "The time is up. The same command continues where it stopped.",
}


def result_data(
    summary: StudySummary,
    report: StudyReport,
    warnings: Mapping[int, str],
    confirmation: Confirmation | None = None,
    *,
    failures: Sequence[Failure] = (),
) -> dict[str, Any]:
    """Return what `tuner run --json` prints: this run, and the whole study.

    Args:
        summary: how the run ended.
        report: the study as it is stored.
        warnings: what trials of this run could not write, by trial number.
        confirmation: the confirmation at its end, if there was one.
        failures: what went wrong in the study.
    """
    run = {
        "reason": summary.reason,
        "target_doubt": target_doubt(report),
        "wall_seconds": summary.wall_seconds,
        "training_seconds": summary.training_seconds,
        "warnings": warnings_data(warnings),
    }
    return {
        "run": run,
        **report.to_json(),
        "failures": [asdict(failure) for failure in failures],
        "confirmation": None if confirmation is None else confirmation.to_json(),
    }


def print_result(
    out: Console,
    given: RunCommand,
    summary: StudySummary,
    report: StudyReport,
    config: StudyConfig,
    confirmation: Confirmation | None = None,
    *,
    failures: Sequence[Failure] = (),
) -> None:
    """Print the best or the confirmed configuration as a table, how the run ended, and what to do next.

    The table is the longest part and comes first, so that the rest is on the screen at the end, however low that is.

    Args:
        out: where to.
        given: the command that ran it.
        summary: how the run ended.
        report: the study as it is stored.
        config: the study as it ran.
        confirmation: the confirmation at its end, if there was one.
        failures: what went wrong in the study.
    """
    unconfirmed = None if summary.best is None or (confirmation and confirmation.winner) else report.best
    if unconfirmed is not None and unconfirmed.agent:
        print_configuration(out, "Best configuration", unconfirmed.agent)
    if confirmation is not None:
        print_confirmation(out, confirmation)
        out.print()
    out.print(_ENDS.get(summary.reason or "", ""), f"{duration_text(summary.wall_seconds)} elapsed.")
    out.print(count_text(summary))
    for doubt in (target_doubt(report), report.budget_warning):
        if doubt is not None:
            out.print(doubt, style="yellow", markup=False, highlight=False, soft_wrap=True)
    if summary.best is None:
        return
    out.print(f"Best: {best_text(summary.best, report.target)}.\n")
    directory = report.best.directory if report.best else None
    steps = next_steps(given, config, summary, directory, confirmed=confirmation is not None)
    out.print(steps, markup=False, soft_wrap=True)
    if failures:
        show = given.show_text(config.study, config.storage)
        out.print(Text(f"\n{last_failure_text(failures, show)}", style="red"), soft_wrap=True)


def next_steps(
    given: RunCommand, config: StudyConfig, summary: StudySummary, directory: str | None, *, confirmed: bool = False
) -> str:
    """Return what the user may want to do next. Lines that are indented by two spaces are commands.

    Args:
        given: the command that ran it.
        config: the study as it ran.
        summary: how the run ended.
        directory: folder of the best trial's files.
        confirmed: whether its best configurations have been retrained already.
    """
    show = given.show_text(config.study, config.storage)
    steps = ["Next:", f"  {show}", "      every trial, with its parameters, and where the seconds went"]
    if summary.reason == "finished":
        steps += [f"  {given.text(trials=2 * summary.trials)}", "      continue with twice as many trials"]
    else:
        steps += [f"  {given.text()}", "      continue"]
    if not confirmed and config.objective.kind == "time_to_return":
        confirm = given.confirm_text(config.study, config.storage)
        steps += [f"  {confirm}", "      retrain the best on other seeds: was the winner lucky?"]
    if given.study == "quickstart":
        steps += ["  tuner run a1_flat --timeout 2h", "      a quadruped: longer trials"]
    steps += ["  tuner init mine", "      your own copies of the search spaces and studies, to edit"]
    if directory is not None:
        steps += [_files_text(Path(directory))]
    return "\n".join(steps)


def _files_text(directory: Path) -> str:
    if (directory / "policy.zip").is_file():
        return f"The best trial's policy and curve are in {directory}."
    return f"WARNING: the best trial's policy is not in {directory}. Train its configuration again to get one."
