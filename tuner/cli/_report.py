"""What `tuner run` says at its end: the best configuration, and what to do next."""

from typing import Any

from rich.console import Console

from tuner.analysis import StudyReport
from tuner.cli._configuration import agent_table
from tuner.cli._format import duration_text
from tuner.cli._live import best_text, count_text
from tuner.study import StudySummary

_ENDS = {
    "finished": "All trials are done.",
    "interrupted": "Stopped; the same command goes on where it was.",
    "time limit": "The time is up; the same command goes on where it was.",
}


def result_data(summary: StudySummary, report: StudyReport | None) -> dict[str, Any]:
    """Return what `tuner run --json` prints: this run, and the whole study.

    Args:
        summary: how the run ended.
        report: the study as it is stored; None if its storage was in memory and is gone.
    """
    run = {
        "reason": summary.reason,
        "wall_seconds": summary.wall_seconds,
        "training_seconds": summary.training_seconds,
    }
    return {"run": run, **(report.to_json() if report else summary.to_json())}


def print_result(out: Console, given: str, summary: StudySummary, report: StudyReport | None) -> None:
    """Print how the run ended, the best configuration as a table, and what to do next.

    Args:
        out: where to.
        given: the study as the user named it.
        summary: how the run ended.
        report: the study as it is stored; None if its storage was in memory and is gone.
    """
    out.print(_ENDS.get(summary.reason or "", ""), f"{duration_text(summary.wall_seconds)} elapsed.")
    out.print(count_text(summary))
    if summary.best is None:
        return
    out.print(f"Best: {best_text(summary.best, report.target if report else None)}.")
    if report is None:
        return
    if report.best is not None and report.best.agent is not None:
        out.print(agent_table(report.best.agent))
    out.print()
    out.print(next_steps(given, summary, report.best.directory if report.best else None), markup=False)


def next_steps(given: str, summary: StudySummary, directory: str | None) -> str:
    """Return what the user may want to do now; each line that is indented by two can be run as it is.

    Args:
        given: the study as the user named it.
        summary: how the run ended.
        directory: where the best trial's files lie.
    """
    steps = ["Next:", f"  tuner show {given}", "      every trial, with its parameters, and where the seconds went"]
    if summary.reason == "finished":
        steps += [f"  tuner run {given} --trials {2 * summary.trials}", "      search on, with twice as many trials"]
    else:
        steps += [f"  tuner run {given}", "      go on"]
    if given == "quickstart":
        steps += ["  tuner run a1_flat --timeout 20m", "      a quadruped learns to walk"]
    steps += ["  tuner init mine", "      your own copies of the search spaces and studies, to edit"]
    if directory is not None:
        steps += [f"The best trial's policy and curve lie in {directory}."]
    return "\n".join(steps)
