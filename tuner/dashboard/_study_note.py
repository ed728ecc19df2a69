"""The note of the dashboard about a study, as Markdown."""

import math

import optuna

from tuner.analysis import StudyReport, device_lines, summary_data
from tuner.config import DEFAULT_STORAGE
from tuner.confirm import Candidate, Confirmation, confirmation_data
from tuner.figures import aim_sentence, result_sentence, score_sentence
from tuner.storage import config_of, study_of


def confirmed_study(study: optuna.Study) -> str | None:
    """Return the name of the study whose configurations the trials of a study retrain; None for any other study."""
    name = study_of(study.study_name)
    return None if name == study.study_name else name


def study_note(study: optuna.Study, *, storage: str) -> str:
    """Return what the study searches for, its progress, how to read the numbers, and what to do with the best trial.

    Args:
        study: the stored study.
        storage: the URL of its storage without the password, for commands.

    Raises:
        UserError: if another program made the study.
    """
    report = summary_data(study)
    searched = confirmed_study(study)
    if searched is not None:
        return "\n\n".join([_purpose(searched), _counts(report), *_values(study, report)]) + "\n"
    parts = [f"# {report.study}", f"{aim_sentence(study, report)} {_means(study)}"]
    confirmation = confirmation_data(study)
    parts += ["## Standing", f"**{result_sentence(report)}** {_luck(report, confirmation)}", _counts(report)]
    parts += [f"- {line}" for line in device_lines(report)]
    parts += [] if confirmation is None else ["## Confirmed on fresh seeds", _confirmed(confirmation)]
    parts += ["## How to read the values", *_values(study, report), "## Next", _next(report, storage)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _purpose(searched: str) -> str:
    return (
        f"# {searched}, confirmed\n\nThe best configurations of the study `{searched}`, trained again on fresh seeds. "
        f"The result is in the note of `{searched}`."
    )


def _means(study: optuna.Study) -> str:
    config = config_of(study)
    if config is None:
        return ""
    return (
        f"Search space `{config.search_space}`, sampler `{config.sampler.kind}`, pruner `{config.pruner.kind}`, "
        f"{config.workers.count} × {config.workers.threads} CPUs."
    )


def _counts(report: StudyReport) -> str:
    counted = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in report.outcomes.items())
    parts = [f"Outcomes: {counted}."] if counted else []
    parts += [f"{report.running} running, {report.waiting} waiting."] if report.running or report.waiting else []
    if report.utilisation is not None:
        parts.append(f"{report.utilisation:.0%} of the workers' time was training clock.")
    return " ".join(parts)


def _luck(report: StudyReport, confirmation: Confirmation | None) -> str:
    if report.best is None or confirmation is not None:
        return ""
    return "That is one run with one seed, and the best of many: part of it is luck until it is confirmed."


def _confirmed(confirmation: Confirmation) -> str:
    winner = confirmation.winner
    if confirmation.outdated is not None:
        first = "**Outdated**: the study has changed since. Confirm it again."
    elif not confirmation.finished:
        first = "**Not finished.**"
    elif winner is None:
        first = "**No candidate reached the target** on any seed."
    else:
        first = f"**Winner: {winner.label}**, {_mean(winner)} on average."
    lines = ["| candidate | seeds | reached | mean time [s] | promised [s] | |", "|---|--:|--:|--:|--:|---|"]
    for candidate in confirmation.candidates:
        promised = "—" if candidate.promised_seconds is None else f"{candidate.promised_seconds:.1f}"
        reached = f"{candidate.success_rate:.0%}" if candidate.runs else "—"
        lines.append(
            f"| {candidate.label} | {len(candidate.runs)} | {reached} | {_mean(candidate, unit='')} | {promised} | "
            f"{candidate.dropped or ''} |"
        )
    return f"{first}\n\n" + "\n".join(lines)


def _mean(candidate: Candidate, unit: str = " s") -> str:
    mean = candidate.mean_seconds
    if math.isnan(mean.value):
        return "—"
    known = mean.low is not None and mean.high is not None
    interval = f" ({mean.low:.1f} to {mean.high:.1f})" if known else ""
    return f"{mean.value:.1f}{unit}{interval}"


def _values(study: optuna.Study, report: StudyReport) -> list[str]:
    config = config_of(study)
    ticks = ""
    if config is not None:
        apart = config.budget.seconds / config.budget.ticks
        ticks = f" Intermediate values are the score at each of {config.budget.ticks} ticks, {apart:g} s apart."
    states = (
        "A trial is *Complete* if it reached the target or spent its budget (or, with the worst score, if it diverged "
        "or was too large), *Pruned* if it was stopped early, and *Fail* if it crashed, hung or was interrupted."
    )
    return [f"A trial's value is its score. {score_sentence(report)}{ticks}", states]


def _next(report: StudyReport, storage: str) -> str:
    where = report.study + ("" if storage == DEFAULT_STORAGE else f" --storage '{storage}'")
    commands = [
        f"tuner show {where}      # every trial, in the terminal",
        f"tuner confirm {where}   # trains the best ones again, on fresh seeds",
        f"tuner export {where} --format json -o winner.json",
        "tuner train winner.json -o trained",
    ]
    return "\n".join(["~~~sh", *commands, "~~~"])
