"""What `tuner run` says at its end: the best configuration, and what to do next."""

from collections.abc import Iterator
from typing import Any

import optuna
from rich.console import Console
from rich.table import Table

from tuner.cli._format import duration_text, parameter_text
from tuner.cli._live import best_text, count_text
from tuner.config import StudyConfig
from tuner.study import BestTrial, StudySummary, open_storage, outcome_of

_ENDS = {
    "finished": "All trials are done.",
    "interrupted": "Stopped; the same command goes on where it was.",
    "time limit": "The time is up; the same command goes on where it was.",
}


def result_data(config: StudyConfig, summary: StudySummary) -> dict[str, Any]:
    """Return the summary with the best trial's parameters and complete agent, as `tuner run --json` prints it."""
    data = summary.to_json()
    trial = None if summary.best is None else _stored_trial(config, summary.best)
    if trial is not None:
        outcome = outcome_of(trial)
        data["best"] |= {
            "parameters": trial.params,
            "warm_start": trial.user_attrs.get("warm_start"),
            "agent": outcome.agent if outcome else None,
        }
    return data


def print_result(out: Console, given: str, config: StudyConfig, summary: StudySummary) -> None:
    """Print how the run ended, the best configuration as a table, and what to do next.

    Args:
        out: where to.
        given: the study as the user named it.
        config: the study.
        summary: how the run ended.
    """
    out.print(_ENDS.get(summary.reason or "", ""), f"{duration_text(summary.wall_seconds)} elapsed.")
    out.print(count_text(summary))
    if summary.best is None:
        return
    out.print(f"Best: {best_text(summary.best, config.objective.target)}.\n")
    agent = result_data(config, summary)["best"].get("agent")
    if agent is not None:
        out.print(_table(agent_rows(agent)))
    out.print()
    out.print(next_steps(given, config, summary), markup=False)


def agent_rows(agent: dict[str, Any]) -> list[tuple[str, str]]:
    """Return an `AgentConfig` in JSON as names and values for people; what is absent or None is left out."""
    return [(name, parameter_text(value)) for name, value in _flat(agent) if value is not None]


def next_steps(given: str, config: StudyConfig, summary: StudySummary) -> str:
    """Return what the user may want to do now; each line that is indented can be run as it is."""
    steps = ["Next:", f"  tuner show {given}", "      every trial, with its parameters, and where the seconds went"]
    if summary.reason == "finished":
        steps += [f"  tuner run {given} --trials {2 * summary.trials}", "      search on with twice as many trials"]
    else:
        steps += [f"  tuner run {given}", "      go on"]
    if config.study == "quickstart":
        steps += ["  tuner run a1_flat --timeout 20m", "      a quadruped learns to walk"]
    steps += ["  tuner init mine", "      your own copies of the search spaces and studies, to edit"]
    return "\n".join(steps)


def _stored_trial(config: StudyConfig, best: BestTrial) -> optuna.trial.FrozenTrial | None:
    """Return the best trial as it is stored; None if the storage was in memory and is gone."""
    storage = open_storage(config.storage)
    if config.study not in optuna.get_all_study_names(storage):
        return None
    study = optuna.load_study(study_name=config.study, storage=storage)
    return study.get_trials(deepcopy=False)[best.number]


def _table(rows: list[tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=True, show_header=False)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("value", overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return table


def _flat(agent: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in agent.items():
        if name == "action_box" and value is not None:
            yield name, _box_text(value)
        elif isinstance(value, dict):
            prefix = "" if name == "arguments" else f"{name}."
            yield from ((prefix + inner, setting) for inner, setting in _flat(value))
        elif isinstance(value, list):
            yield name, ", ".join(parameter_text(item) for item in value)
        else:
            yield name, value


def _box_text(box: dict[str, list[float]]) -> str:
    pairs = [
        f"{parameter_text(low)} … {parameter_text(high)}" for low, high in zip(box["low"], box["high"], strict=True)
    ]
    if len(set(pairs)) == 1:
        return pairs[0] if len(pairs) == 1 else f"{pairs[0]} in each of {len(pairs)} dimensions"
    return ", ".join(pairs)
