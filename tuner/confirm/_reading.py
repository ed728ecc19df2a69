"""Read the results of a confirmation from the storage."""

from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial

from tuner.analysis import Estimated, mean_time, restricted, task_metrics
from tuner.confirm._plan import Entrant, Plan, agent_of, load_confirm, run_of
from tuner.confirm._race import Key, Standing, race
from tuner.confirm._results import Candidate, Confirmation, ConfirmRun, MilestoneTimes
from tuner.records import Milestone, Outcome, OutcomeKind, milestones_of
from tuner.storage import SECONDS_DEPEND_ON, attributes, counts, device_class_of, differences, outcome_of

Runs = Mapping[Key, Mapping[int, ConfirmRun]]
"""Runs by candidate and seed."""


def confirmation_data(study: optuna.Study) -> Confirmation | None:
    """Return where confirming a study stands, read from the study's own storage.

    Args:
        study: the study that is confirmed.

    Returns:
        The confirmation; None if the study was never confirmed.
    """
    confirm = load_confirm(study)
    plan = None if confirm is None else Plan.read(confirm)
    if confirm is None or plan is None:
        return None
    runs = runs_by_candidate(confirm)
    standing = standing_of(plan, runs)
    agents = _trained_agents(confirm)
    found = [_candidate(entrant, plan, runs, standing, agents) for entrant in plan.entrants]
    # a candidate without a run has NaN, which cannot be compared
    ordered = sorted(found, key=lambda c: (c.number is None, c.dropped is not None, not c.runs, c.mean_seconds.value))
    finished = standing.round > len(plan.seeds)
    able = [candidate for candidate in ordered if candidate.number is not None and candidate.dropped is None]
    successful = any(candidate.success_rate > 0 for candidate in able)
    return Confirmation(
        study=study.study_name,
        target=plan.target,
        budget_seconds=plan.budget_seconds,
        seeds=plan.seeds,
        candidates=tuple(ordered),
        winner=able[0] if finished and successful else None,
        finished=finished,
        outdated=outdated(study, confirm, plan),
    )


def runs_by_candidate(confirm: optuna.Study, *, retry_before: int = 0) -> dict[Key, dict[int, ConfirmRun]]:
    """Return the finished runs by candidate and seed; if a seed has several, the latest.

    Args:
        confirm: the study of the confirm runs.
        retry_before: leave out runs with a lower number that crashed or hung, which says nothing about a configuration.
    """
    found: dict[Key, dict[int, ConfirmRun]] = {}
    for trial in confirm.get_trials(deepcopy=False):
        whose, run = run_of(trial), _run(trial)
        if whose is None or run is None:
            continue
        if run.kind in (OutcomeKind.CRASHED, OutcomeKind.HUNG) and trial.number < retry_before:
            continue
        found.setdefault(whose[0], {})[whose[1]] = run
    return found


def standing_of(plan: Plan, runs: Runs) -> Standing:
    """Return where the race stands."""
    return race(
        {key: _times(plan, runs.get(key, {})) for key in plan.labels},
        seeds=len(plan.seeds),
        budget_seconds=plan.budget_seconds,
        contenders=plan.contenders,
        kept=plan.kept,
        labels=plan.labels,
    )


def outdated(study: optuna.Study, confirm: optuna.Study, plan: Plan) -> str | None:
    """Return how confirm runs differ from what the study is now, one line for each difference; None if they do not."""
    before, now = confirm.user_attrs.get(attributes.FINGERPRINT, {}), study.user_attrs.get(attributes.FINGERPRINT, {})
    lines = differences(before, now, sections=SECONDS_DEPEND_ON)
    agents = {trial.number: agent_of(trial) for trial in study.get_trials(deepcopy=False)}
    for entrant in plan.entrants:
        if entrant.number is not None and agents.get(entrant.number) != entrant.agent:
            lines.append(f"{entrant.label} of the study was another configuration when it was confirmed")
    return "\n".join(lines) or None


def _times(plan: Plan, runs: Mapping[int, ConfirmRun]) -> list[float | None]:
    """Return the times to return, in the order of the seeds, up to the first missing one."""
    times: list[float | None] = []
    for seed in plan.seeds:
        if seed not in runs:
            break
        times.append(runs[seed].reached_seconds)
    return times


def _run(trial: FrozenTrial) -> ConfirmRun | None:
    outcome = outcome_of(trial)
    if outcome is None or not counts(trial) or outcome.kind is OutcomeKind.PRUNED:
        return None
    spec = trial.user_attrs[attributes.SPEC]
    return ConfirmRun(
        seed=spec["seed"],
        kind=outcome.kind.value,
        reached_seconds=outcome.reached_seconds if outcome.kind is OutcomeKind.REACHED else None,
        clock_seconds=outcome.clock_seconds,
        best_return=outcome.best_return,
        directory=spec.get("directory"),
        contended=outcome.contended,
        device_class=device_class_of(trial),
        metrics=task_metrics(outcome, attributes.ticks_of(trial) or []),
        milestones=_milestones(spec, outcome),
    )


def _milestones(spec: Mapping[str, Any], outcome: Outcome) -> tuple[Milestone, ...]:
    """Return the milestones that a run was watched for; a run that died says nothing of them, so it reached none."""
    reached = {milestone.goal: milestone for milestone in milestones_of(outcome)}
    goals = spec.get("objective", {}).get("milestones", [])
    return tuple(reached.get(goal, Milestone(goal, None)) for goal in goals)


def _milestone_times(runs: Sequence[ConfirmRun], budget_seconds: float) -> tuple[MilestoneTimes, ...]:
    """Return the times to each milestone. It may have been added to the study file after some of the runs."""
    found: dict[float, list[Milestone]] = {}
    for milestone in (milestone for run in runs for milestone in run.milestones):
        found.setdefault(milestone.goal, []).append(milestone)
    times = {goal: tuple(each.reached_seconds for each in watched) for goal, watched in sorted(found.items())}
    return tuple(
        MilestoneTimes(goal, found[goal][0].label, seconds, mean_time(restricted(seconds, budget_seconds)))
        for goal, seconds in times.items()
    )


def _trained_agents(confirm: optuna.Study) -> dict[Key, dict[str, Any]]:
    """Return the agents as they were trained, their action boxes in absolute numbers."""
    return {
        whose[0]: outcome.agent
        for trial in confirm.get_trials(deepcopy=False)
        if (whose := run_of(trial)) and (outcome := outcome_of(trial)) and outcome.agent
    }


def _candidate(
    entrant: Entrant, plan: Plan, runs: Runs, standing: Standing, agents: Mapping[Key, dict[str, Any]]
) -> Candidate:
    by_seed = runs.get(entrant.key, {})
    own = tuple(by_seed[seed] for seed in plan.seeds if seed in by_seed)
    times = restricted([run.reached_seconds for run in own], plan.budget_seconds)
    nothing = float("nan")
    return Candidate(
        number=entrant.number,
        label=entrant.label,
        promised_seconds=entrant.promised_seconds,
        agent=agents.get(entrant.key, entrant.agent),
        runs=own,
        mean_seconds=mean_time(times) if own else Estimated(nothing, None, None),
        success_rate=sum(run.reached_seconds is not None for run in own) / len(own) if own else nothing,
        dropped=standing.dropped.get(entrant.key),
        milestones=_milestone_times(own, plan.budget_seconds),
    )
