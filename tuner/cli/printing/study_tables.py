"""What `tuner show` prints, from the tables of `tuner.analysis`."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from tuner.analysis import (
    Failure,
    StudyReport,
    TaskMetrics,
    agent_rows,
    device_lines,
    milestone_columns,
    unmeasured_text,
)
from tuner.cli.printing.failure_text import failure_text
from tuner.cli.printing.metrics_table import metrics_table
from tuner.cli.printing.text import duration_text, number_text, parameter_text, printable
from tuner.cli.printing.warnings import warning_line
from tuner.clock import ACCOUNTS
from tuner.records import Outcome, OutcomeKind


def agent_table(agent: dict[str, Any]) -> Table:
    """Return an `AgentConfig` in JSON as a table."""
    table = Table(box=None, show_header=False)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in agent_rows(agent):
        table.add_row(name, value)
    return table


def trial_records(trials: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the trials for JSON: one dictionary each, with `params.x` as `params: {x}` and None for missing values."""
    return [_nested(row) for row in trials.to_dict("records")]


def print_study(
    out: Console,
    report: StudyReport,
    trials: pd.DataFrame,
    warnings: dict[int, str],
    *,
    failures: Sequence[Failure] = (),
    show: str = "",
) -> None:
    """Print a study: its trials, their parameters, where the seconds went, and what was found.

    Args:
        out: where to.
        report: the study.
        trials: its trials, as `trials_data` returns them.
        warnings: what could not be written, by trial number.
        failures: what went wrong.
        show: the command that shows the study, for the failures.
    """
    target = "" if report.target is None else f", target {report.target:g}"
    budget = f"{report.trials} trials of {report.budget_seconds:g} s"
    out.print(Text.assemble((report.study, "bold"), f"  {report.objective}{target}, {budget}\n"))
    _print_titled(out, "Trials", outcomes_table(trials))
    for number, text in warnings.items():
        out.print(Text(warning_line(number, text), style="bold red"))
    if report.budget_warning is not None:
        out.print(Text(f"WARNING: {report.budget_warning}", style="bold red"))
    for failure in failures:
        out.print(Text(failure_text(failure), style="red"))
    if failures:
        out.print(Text(f"With its traceback: {show} --trial {failures[-1].numbers[-1]}"))
    if warnings or failures or report.budget_warning is not None:
        out.print()
    _print_titled(out, "Parameters", parameters_table(trials))
    _print_titled(out, "Where the seconds went", _ledgers(trials))
    if report.best is not None and report.best.agent is not None:
        print_configuration(out, "Best configuration", report.best.agent)
    for line in study_lines(report):  # last, as the tables may be longer than the screen is high
        out.print(Text(line))


def print_configuration(out: Console, title: str, agent: dict[str, Any]) -> None:
    """Print an `AgentConfig` in JSON as a table with a title."""
    _print_titled(out, title, agent_table(agent))


def print_trial(
    out: Console,
    study: str,
    trials: pd.DataFrame,
    outcome: Outcome | None,
    directory: str | None,
    metrics: TaskMetrics | None,
) -> None:
    """Print all that is known of one trial, its traceback and the end of its worker's log included.

    Args:
        out: where to.
        study: the study's name.
        trials: the row of the trial, as `trials_data` returns it.
        outcome: how it ended; None while it waits or runs.
        directory: the folder of its files, if it has one.
        metrics: what its task measured, if it has metrics.
    """
    out.print(Text(f"{study}\n", style="bold"))
    _print_titled(out, "Trial", outcomes_table(trials))
    for title, text in _told(outcome).items():
        out.print(Text(title, style="bold"))
        out.print(Text(f"{printable(text.strip())}\n"), soft_wrap=True)
    _print_titled(out, "Parameters", parameters_table(trials))
    _print_titled(out, "Where the seconds went", _ledgers(trials))
    if metrics is not None:
        _print_titled(out, _metrics_title(metrics), metrics_table(metrics.values))
    if outcome is not None and outcome.agent is not None:
        print_configuration(out, "Configuration", outcome.agent)
    if directory is not None:
        out.print(Text(f"Files: {directory}"))


def _told(outcome: Outcome | None) -> dict[str, str]:
    """Return what an outcome tells, by title. A traceback ends with the message, which is not repeated then."""
    if outcome is None:
        return {}
    trace = outcome.details.get("traceback", "")
    log = "" if trace else "\n".join(outcome.details.get("log", []))
    sentences = [outcome.message, unmeasured_text(outcome) or ""]
    message = "\n".join(sentence for sentence in sentences if sentence not in trace)
    told = {"What happened": message.strip(), "Traceback": trace, "The end of the worker's log": log}
    return {title: text for title, text in told.items() if text}


def _metrics_title(metrics: TaskMetrics) -> str:
    failed = "" if metrics.failed is None else f"; {metrics.failed:.1%} of the episodes failed"
    when = f"last {metrics.source}, at {metrics.clock_seconds:.1f} s{failed}"
    return f"What the task measured ({when})"


def _print_titled(out: Console, title: str, content: RenderableType) -> None:
    out.print(Text(title, style="bold"))
    out.print(Padding(content, (0, 0, 1, 0), expand=False))


def study_lines(report: StudyReport) -> list[str]:
    """Return what is known of the whole study, one sentence for each line."""
    lines = [f"{report.finished} of {report.trials} trials finished: {_counts(report.outcomes)}."]
    lines += [f"Pruned by rule: {_counts(report.rules)}."] if report.rules else []
    lines += [f"Queued again after a fault or an interruption: {report.retried}."] if report.retried else []
    lines += [f"Running: {report.running}. Waiting: {report.waiting}."] if report.running or report.waiting else []
    lines += [f"Trained beside other work on the same CPUs: {report.contended}."] if report.contended else []
    if report.shadows.interval is not None:
        trials = f"{report.shadows.trials} trial{'s' * (report.shadows.trials != 1)}"
        shadows = f"{trials} ran on although a rule would have stopped them"
        low, high = report.shadows.interval
        rate = f"{report.shadows.false_prune_rate:.0%} (95 % interval {low:.0%} … {high:.0%})"
        wrong = f"{report.shadows.reached} of these reached the target, {report.shadows.became_best} as the best so far"
        lines += [f"{shadows}; {wrong}: a false-prune rate of {rate}.{report.shadows.doubt}"]
    if report.utilisation is not None:
        clock = f"{duration_text(report.training_seconds)} of {duration_text(report.slot_seconds)}"
        lines += [f"Utilisation: {report.utilisation:.0%} of the workers' time was training clock ({clock})."]
    if report.overhead_seconds is not None:
        lines += [f"Outside that clock a trial took {report.overhead_seconds:.2f} s (median), not counting evaluation."]
    return [*lines, *device_lines(report), _best_line(report)]


def _best_line(report: StudyReport) -> str:
    best = report.best
    if best is None:
        return "Best: no trial has a return yet." if report.finished else "Best: no trial has finished yet."
    name = f"trial {best.number}" + (f" ({best.warm_start})" if best.warm_start else "")
    name += ", pruned" if best.pruned else ""
    if best.time_to_return is not None:
        return f"Best: {name}, time to return {best.time_to_return:.1f} s."
    missed = "" if report.target is None else "; the target was not reached"
    return f"Best: {name}, return {number_text(best.best_return)}{missed}."


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counted.items()) or "none"


def outcomes_table(trials: pd.DataFrame) -> Table:
    """Return how each trial ended, with the seconds to each milestone and to the target."""
    milestones = milestone_columns(trials)
    table = _table("trial", "outcome", left=("outcome", "warm start"))
    goals = [f"to {label}" for label in milestones]
    several = trials["device_class"].nunique() > 1
    devices = ("device",) if several else ()
    for title in (*goals, "time to return", "final return", "best return", "clock", "warm start", *devices):
        table.add_column(title, justify="left" if title in ("warm start", "device") else "right")
    rows = [_plain(row) for row in trials.to_dict("records")]
    repeated = {row["retry_of"] for row in rows}
    for row in rows:
        table.add_row(
            str(row["number"]),
            _outcome(row, repeated=row["number"] in repeated),
            *(number_text(row[column], 1) for column in milestones.values()),
            _time_to_return(row),
            number_text(row["final_return"]),
            number_text(row["best_return"]),
            number_text(row["clock_seconds"], 1),
            row["warm_start"] or "",
            *((row["device_class"] or "not known",) if several else ()),
        )
    return table


def _outcome(row: dict[str, Any], *, repeated: bool) -> str:
    text = str(row["outcome"] or row["state"].lower())
    text += f" ({row['rule']})" if row["rule"] else ""
    if row["counts"] or not row["outcome"]:
        return text
    if not repeated:
        return text + ", not counted"
    return text + (", queued again" if row["outcome"] == OutcomeKind.INTERRUPTED else ", retried")


def _time_to_return(row: dict[str, Any]) -> str:
    if row["time_to_return"] is not None:
        return f"{row['time_to_return']:.1f}"
    return f"> {row['clock_seconds']:.1f}" if row["censored"] and row["clock_seconds"] is not None else "—"


def parameters_table(trials: pd.DataFrame) -> Table:
    """Return the parameters: first the values that all trials share, then those that differ, trial by trial."""
    known = {str(row["number"]): _known(row.get("params", {})) for row in trial_records(trials)}
    rows = {number: values for number, values in known.items() if values}  # a waiting trial has no values yet
    shared = dict(set.intersection(*(set(values.items()) for values in rows.values()))) if len(rows) > 1 else {}
    table = _table("trial", "values", left=("values",))
    if shared:
        table.add_row("all", _values({name: shared[name] for name in next(iter(rows.values())) if name in shared}))
    for number, values in rows.items():
        table.add_row(number, _values({name: value for name, value in values.items() if name not in shared}))
    return table


def _known(parameters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}


def _values(parameters: dict[str, Any]) -> str:
    return "  ".join(f"{name}={parameter_text(value)}" for name, value in parameters.items())


def _ledgers(trials: pd.DataFrame) -> Table:
    table = _table("trial", *ACCOUNTS, left=())
    for row in trial_records(trials):
        table.add_row(str(row["number"]), *(number_text(row["ledger"][account], 1) for account in ACCOUNTS))
    return table


def _table(*titles: str, left: tuple[str, ...]) -> Table:
    table = Table(box=None, header_style="dim")
    for title in titles:
        table.add_column(title, justify="left" if title in left else "right", overflow="fold")
    return table


def _nested(row: dict[Any, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in _plain(row).items():
        group, dot, inner = name.partition(".")
        if dot:
            nested.setdefault(group, {})[inner] = value
        else:
            nested[name] = value
    return nested


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    """Return a row of a table, with None for missing values and Python's numbers instead of numpy's."""
    return {
        str(name): None if _missing(value) else getattr(value, "item", lambda v=value: v)()
        for name, value in row.items()
    }


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and value != value)
