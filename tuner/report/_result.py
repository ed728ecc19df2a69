"""The result: the headline, the confirmation on fresh seeds, and the configuration to train."""

import json
import math
from collections.abc import Sequence
from typing import Any

from tuner.analysis import Estimated, agent_rows
from tuner.confirm import Confirmation, remarks
from tuner.figures import (
    confirmed_data,
    confirmed_figure,
    confirmed_times,
    reaching_data,
    reaching_figure,
    result_sentence,
    study_times,
    trial_name,
)
from tuner.report._blocks import (
    Block,
    Figure,
    Section,
    folded,
    heading,
    note,
    pairs,
    paragraph,
    percent,
    preformatted,
    table,
)
from tuner.report._study_data import Source


def headline(source: Source) -> str:
    """Return the result in one sentence."""
    winner = source.winner
    if winner is None or source.confirmation is None:
        return result_sentence(source.summary)
    seeds = len(winner.runs)
    successes = round(winner.success_rate * seeds)
    return (
        f"{winner.label.capitalize()} won on {seeds} fresh seed{'s' * (seeds > 1)}: it reaches a return of "
        f"{source.confirmation.target:g} after {_seconds(winner.mean_seconds)} on average, on {successes} of {seeds} "
        "seeds."
    )


def time_section(source: Source) -> Section | None:
    """Return the times to return: those of the confirmation, or without one those of the study's own trials."""
    if source.summary.target is None:
        return None
    confirmation = source.confirmation
    if confirmation is not None and any(candidate.runs for candidate in confirmation.candidates):
        return _confirmed(source, confirmation)
    reading = (
        "The share of the study's own trials that had reached the target by each time, with a 95 % interval. Trials "
        "that were stopped early count as not having reached it within the budget. Trials that a faster one had "
        "overtaken (rule dominated) count only until they were stopped, as it is unknown what came later."
    )
    times = study_times(source.study)
    if times["reached"].any():
        figure = reaching_figure(reaching_data(times), budget_seconds=source.summary.budget_seconds, runs="trials")
        blocks: list[Block] = [note(f"Not confirmed yet. {_unconfirmed(source)}"), Figure("time-to-return", figure)]
    else:
        blocks = [note("No trial has reached the target, so there is no curve to draw and nothing to confirm yet.")]
    return Section("time", "Time", "Time to return", reading, blocks)


def _unconfirmed(source: Source) -> str:
    again = f"Train the best again on fresh seeds with: tuner confirm {source.summary.study}"
    return f"A time to return is one run of one seed, and the best of many is partly luck. {again}"


def _confirmed(source: Source, confirmation: Confirmation) -> Section:
    budget = confirmation.budget_seconds
    reading = (
        f"The study's best configurations, trained again on {len(confirmation.seeds)} seeds that it never used. A seed "
        f"that does not reach the target counts with the whole budget of {budget:g} s; candidates that are clearly "
        "slower get no more seeds."
    )
    blocks: list[Block] = []
    if confirmation.outdated:
        blocks.append(note(f"This belongs to an earlier version of the study. {confirmation.outdated}"))
    elif not confirmation.finished:
        blocks.append(note(f"Not finished yet; continue with: tuner confirm {confirmation.study}"))
    elif confirmation.winner is None:
        blocks.append(note("No candidate reached the target on any seed, so there is no winner."))
    blocks += [note(line) for line in remarks(confirmation)]
    data, times = confirmed_data(confirmation), confirmed_times(confirmation)
    blocks.append(_candidates(source, confirmation))
    blocks += _milestones(confirmation)
    if len(times):
        blocks.append(Figure("promised-and-given", confirmed_figure(data, times, budget_seconds=budget)))
    if times["reached"].any():
        blocks += [
            heading("Share of runs that reached the target over time"),
            paragraph(
                "The Kaplan–Meier curve of each candidate; the further left and the higher, the better.", kind="reading"
            ),
            Figure("time-to-return", reaching_figure(reaching_data(times), budget_seconds=budget)),
        ]
    return Section("time", "Confirmed", "Confirmed on fresh seeds", reading, blocks)


def _candidates(source: Source, confirmation: Confirmation) -> str:
    rows: list[tuple[str, ...]] = []
    winner = None
    for candidate in confirmation.candidates:
        if source.winner is not None and candidate == source.winner:
            winner = len(rows)
        seeds = len(candidate.runs)
        reached = sum(run.reached_seconds is not None for run in candidate.runs)
        gap = candidate.gap_seconds
        rows.append(
            (
                candidate.label + (" (reference)" if candidate.number is None else ""),
                _seconds(candidate.mean_seconds) if seeds else "—",
                f"{reached} of {seeds}",
                "—" if candidate.promised_seconds is None else f"{candidate.promised_seconds:.1f} s",
                "—" if gap is None else _difference(gap),
                candidate.dropped or ("winner" if winner == len(rows) else ""),
            )
        )
    titles = ("candidate", "time to return (95 % interval)", "seeds at the target", "promised", "gap", "")
    return table(titles, rows, numbers=(1, 2, 3, 4), winner=winner)


def _milestones(confirmation: Confirmation) -> list[str]:
    """Return the times to the milestones, of each candidate and seed; nothing if there are none."""
    rows = [
        (
            candidate.label,
            milestone.label,
            _seconds(milestone.mean_seconds),
            f"{sum(seconds is not None for seconds in milestone.seconds)} of {len(milestone.seconds)}",
            ", ".join("—" if seconds is None else f"{seconds:.1f} s" for seconds in milestone.seconds),
        )
        for candidate in confirmation.candidates
        for milestone in candidate.milestones
    ]
    titles = ("candidate", "milestone", "time to it (95 % interval)", "seeds that reached it", "seed by seed")
    return [heading("On the way to the target"), table(titles, rows, numbers=(1, 2, 3))] if rows else []


def configuration_section(source: Source) -> Section | None:
    """Return the configuration to train; None before any trial has a score."""
    winner, best = source.winner, source.summary.best
    if winner is not None:
        agent, name = winner.agent, f"the confirmed winner, {winner.label}"
        number = winner.number
    elif best is not None and best.agent is not None:
        agent, name, number = best.agent, f"the best trial so far, {trial_name(best)}", best.number
    else:
        return None
    reading = (
        f"What to train to repeat {name}: the algorithm with its arguments in SBX's names, the network and the action "
        "box in the task's own units."
    )
    blocks: list[Block] = [pairs(_without_box(agent)), *_box(agent), *_measured(source, name, number)]
    if number is not None:
        params = [(name, _value(value)) for name, value in source.params(number).items()]
        if params:
            blocks.append(folded("Parameters of the search space", pairs(params)))
    blocks.append(folded("As JSON", preformatted(json.dumps(agent, indent=2, ensure_ascii=False)), printed=False))
    return Section("configuration", "Configuration", "Configuration", reading, blocks)


def _measured(source: Source, name: str, number: int | None) -> list[str]:
    """Return what the task measured of the winner on its fresh seeds, or of the best trial; nothing without metrics."""
    winner = source.winner
    runs = [source.metrics(number)] if winner is None else [run.metrics for run in winner.runs]
    known = [metrics for metrics in runs if metrics is not None]
    if not known:
        return []
    names = dict.fromkeys(metric for metrics in known for metric in metrics.values)
    means = [(metric, _mean([each.values[metric] for each in known if metric in each.values])) for metric in names]
    failed = [each.failed for each in known if each.failed is not None]
    rows = [(metric, _value(mean).replace("-", "−")) for metric, mean in means]
    rows += [("episodes that failed", percent(_mean(failed), 1))] if failed else []
    seeds = "" if winner is None else f", averaged over {len(known)} seed{'s' * (len(known) > 1)}"
    when = "last evaluation" if all(each.source == "evaluation" for each in known) else "last measurement"
    sentence = f"Means over the steps of the {when} of {name}{seeds}, by the task's own names."
    return [heading("What the task measured"), paragraph(sentence, kind="reading"), pairs(rows)]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _without_box(agent: dict[str, Any]) -> list[tuple[str, str]]:
    return [row for row in agent_rows(agent) if row[0] != "action_box" or _same_everywhere(agent["action_box"])]


def _box(agent: dict[str, Any]) -> list[str]:
    """Return the action box dimension by dimension, unless all have the same bounds."""
    box = agent.get("action_box")
    if not box or _same_everywhere(box):
        return []
    rows = [
        (str(place), _value(low), _value(high))
        for place, (low, high) in enumerate(zip(box["low"], box["high"], strict=True))
    ]
    return [heading("Action box"), table(("action", "low", "high"), rows, numbers=(1, 2), narrow=True)]


def _same_everywhere(box: dict[str, list[float]]) -> bool:
    return len(set(zip(box["low"], box["high"], strict=True))) == 1


def result_facts(source: Source) -> list[tuple[str, str]]:
    """Return the numbers at the head of the page, each with its meaning."""
    summary, winner = source.summary, source.winner
    facts = []
    if winner is not None:
        facts.append((f"{winner.mean_seconds.value:.1f} s", f"to the target, mean of {len(winner.runs)} fresh seeds"))
        facts.append((f"{percent(winner.success_rate)}", "of the seeds reached the target"))
    elif summary.best is not None and summary.best.time_to_return is not None:
        facts.append((f"{summary.best.time_to_return:.1f} s", "to the target, fastest trial, one seed"))
    elif summary.best is not None and summary.best.best_return is not None:
        facts.append((f"{summary.best.best_return:.4g}".replace("-", "−"), "best return"))
    facts.append(("none" if summary.target is None else f"{summary.target:g}", "target return"))
    facts.append((f"{summary.budget_seconds:g} s", "budget of a trial, training clock"))
    reached = summary.outcomes.get("reached", 0)
    facts.append((f"{summary.finished} of {summary.trials}", f"trials finished, {reached} reached the target"))
    return facts


def _seconds(estimated: Estimated) -> str:
    if math.isnan(estimated.value):
        return "—"
    if estimated.low is None or estimated.high is None:
        return f"{estimated.value:.1f} s"
    return f"{estimated.value:.1f} s ({estimated.low:.1f} … {estimated.high:.1f})"


def _difference(seconds: float) -> str:
    shown = round(seconds, 1)
    return f"{shown:+.1f} s".replace("-", "−") if shown else "0.0 s"


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
