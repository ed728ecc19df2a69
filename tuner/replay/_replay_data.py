"""Recorded runs as a replay plays them: scores at ticks, and the wall-clock time of each."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from optuna.distributions import BaseDistribution

from tuner.config import ConfirmConfig, StudyConfig
from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.replay._recorded_run import RecordedRun, Recordings
from tuner.replay._recordings_file import check_comparable
from tuner.storage import score, worst_score
from tuner.storage.attributes import UNSCORED

_TRAINED = frozenset({OutcomeKind.REACHED, OutcomeKind.EXHAUSTED, OutcomeKind.PRUNED, *UNSCORED})
"""Outcomes that say something about a configuration."""


@dataclass(frozen=True)
class Report:
    """What a trial reports at one point of a pruner's grid."""

    wall_seconds: float
    """Since the sampler was asked for the trial."""
    step: int
    """The point of the grid, from 1."""
    score: float
    best: float
    """The best score up to this one."""


@dataclass(frozen=True)
class Curve:
    """One recorded run, ready to be replayed."""

    configuration: int
    """Its place in `ReplayData.configurations`."""
    reports: tuple[Report, ...]
    """In order; without a gap where the grid is one of time."""
    env_steps: tuple[int, ...]
    """Environment steps at each tick of the recording."""
    wall_seconds: float
    """From asking the sampler to the outcome."""
    score: float | None
    """Told to Optuna at the end; None if the recording was cut by a pruner."""
    reached_seconds: float | None
    """Time to return; None if the target was not reached."""
    unscored: bool
    """Whether it diverged or was too large, so that its score is not carried forward to later ticks."""
    true_seconds: float
    """True time of its configuration; see `ReplayData.true_seconds`."""

    @cached_property
    def bests(self) -> tuple[float, ...]:
        """The best score up to each report."""
        return tuple(report.best for report in self.reports)


@dataclass(frozen=True)
class ReplayData:
    """What replays draw from."""

    config: StudyConfig
    """The study file of the first recordings: objective, budget and workers."""
    distributions: Mapping[str, BaseDistribution]
    parameters: tuple[Mapping[str, Any], ...]
    """Of each configuration."""
    starts: tuple[int, ...]
    """Configurations that are warm starts, from which a sampler begins."""
    curves: tuple[tuple[Curve, ...], ...]
    """The runs of each configuration, one for each seed."""
    true_seconds: tuple[float, ...]
    """Mean time to return of each configuration over its runs, each restricted to the budget."""
    cut: int
    """Runs that a pruner had stopped: their curves end there."""
    left_out: int
    """Runs that say nothing about their configuration: they crashed or were interrupted."""
    machines: tuple[str, ...]
    """What the runs were recorded on, the most frequent first; empty if that is not known."""
    contended: int
    """Runs that had to share their CPUs, so that their seconds are too many."""
    elsewhere: int
    """Trials of studies that ran on other kinds of device, whose seconds do not compare."""

    @property
    def confirmed(self) -> int:
        """How many of a study's best configurations `tuner confirm` trains again."""
        return (self.config.confirm or ConfirmConfig()).top

    @property
    def runs(self) -> int:
        """How many runs there are, those that are cut included."""
        return sum(map(len, self.curves))

    @property
    def by_steps(self) -> "ReplayData":
        """The same runs with reports at equal environment steps: a grid up to what a run of median speed makes in all.

        Raises:
            UserError: if no run has any.
        """
        ticks = self.config.budget.ticks
        totals = sorted(
            curve.env_steps[-1] * ticks / curve.reports[-1].step
            for curves in self.curves
            for curve in curves
            if curve.reports
        )
        if not totals or totals[-1] == 0:
            raise UserError("The recordings hold no environment steps, so that trials cannot be compared by steps.")
        whole = totals[len(totals) // 2]
        grid = [whole * tick / ticks for tick in range(1, ticks + 1)]
        return replace(self, curves=tuple(tuple(_by_steps(curve, grid) for curve in curves) for curves in self.curves))

    def part(self, configurations: Iterable[int]) -> "ReplayData":
        """Return the data of some of the configurations, in the given order."""
        chosen = list(configurations)
        renumbered = [
            tuple(replace(curve, configuration=place) for curve in self.curves[old]) for place, old in enumerate(chosen)
        ]
        return replace(
            self,
            parameters=tuple(self.parameters[old] for old in chosen),
            starts=tuple(place for place, old in enumerate(chosen) if old in self.starts),
            curves=tuple(renumbered),
            true_seconds=tuple(self.true_seconds[old] for old in chosen),
            cut=sum(curve.score is None for curves in renumbered for curve in curves),
        )


def replay_data(sources: Sequence[Recordings]) -> ReplayData:
    """Return what can be replayed of recorded runs.

    Runs of the same parameters are one configuration, whatever it was called. The true time of one whose runs were all
    cut is not known; it counts as the budget.

    Args:
        sources: at least one.

    Raises:
        UserError: if they cannot be compared, have another objective than time to return, or hold no run that can be
            replayed.
    """
    first = sources[0]
    for other in sources[1:]:
        check_comparable(other.name, other.fingerprint, first.fingerprint)
    config = first.config
    if config.objective.kind != "time_to_return":
        raise UserError(
            f"The curves in {first.name} belong to the objective {config.objective.kind}, but replays compare times to "
            "return. Give recordings of a study with `objective: {kind: time_to_return, target: …}`."
        )
    runs = [run for source in sources for run in source.runs]
    usable = [run for run in runs if run.outcome.kind in _TRAINED]
    if not usable:
        names = ", ".join(source.name for source in sources)
        raise UserError(f"There is no trained trial to replay in {names}; {len(runs)} failed or were interrupted.")
    by_parameters: dict[str, list[RecordedRun]] = {}
    for run in usable:
        by_parameters.setdefault(json.dumps(dict(run.parameters), sort_keys=True), []).append(run)
    groups = list(by_parameters.values())
    launch_seconds = sum(run.outcome.ledger.get("launch", 0.0) for run in usable) / len(usable)
    true_seconds = tuple(_true_seconds(group, config.budget.seconds) for group in groups)
    distributions: dict[str, BaseDistribution] = {}
    for source in sources:
        distributions |= dict(source.distributions)
    return ReplayData(
        config=config,
        distributions=distributions,
        parameters=tuple(group[0].parameters for group in groups),
        starts=tuple(place for place, group in enumerate(groups) if any(run.is_start for run in group)),
        curves=tuple(
            tuple(_curve(run, place, true, config, launch_seconds) for run in group)
            for place, (group, true) in enumerate(zip(groups, true_seconds, strict=True))
        ),
        true_seconds=true_seconds,
        cut=sum(run.cut for run in usable),
        left_out=len(runs) - len(usable),
        machines=tuple(machine for machine, _ in Counter(run.machine for run in usable if run.machine).most_common()),
        contended=sum(run.outcome.contended for run in usable),
        elsewhere=sum(source.elsewhere for source in sources),
    )


def _by_steps(curve: Curve, grid: Sequence[float]) -> Curve:
    """Return a curve that reports at a grid of environment steps, each point at the first tick that has passed it."""
    reports: list[Report] = []
    for report, steps in zip(curve.reports, curve.env_steps, strict=True):
        while len(reports) < len(grid) and steps >= grid[len(reports)]:
            reports.append(replace(report, step=len(reports) + 1))
    return replace(curve, reports=tuple(reports))


def _curve(
    run: RecordedRun, configuration: int, true_seconds: float, config: StudyConfig, launch_seconds: float
) -> Curve:
    outcome, budget = run.outcome, config.budget.seconds
    scores = [score(config.objective, budget_seconds=budget, best_return=tick.best) for tick in run.ticks]
    best = accumulate(scores, min)
    walls = [_wall_seconds(run, tick.clock_seconds, launch_seconds, tick.wall_seconds) for tick in run.ticks]
    reached = outcome.reached_seconds if outcome.kind is OutcomeKind.REACHED else None
    told: float | None = None
    if outcome.kind in UNSCORED:
        told = worst_score(config.objective, budget_seconds=budget)
    elif not run.cut:
        told = score(config.objective, budget_seconds=budget, best_return=outcome.best_return, reached_seconds=reached)
    return Curve(
        configuration=configuration,
        reports=tuple(
            Report(wall, tick.index, value, low)
            for wall, tick, value, low in zip(walls, run.ticks, scores, best, strict=True)
        ),
        env_steps=tuple(tick.env_steps for tick in run.ticks),
        wall_seconds=max([_wall_seconds(run, math.inf, launch_seconds), *walls]),
        score=told,
        reached_seconds=reached,
        unscored=outcome.kind in UNSCORED,
        true_seconds=true_seconds,
    )


def _wall_seconds(
    run: RecordedRun, clock_seconds: float, launch_seconds: float, recorded: float | None = None
) -> float:
    """Return the wall-clock seconds since the sampler was asked, at a reading of the training clock.

    Launching and compiling come before it. A worker launches its simulator once, in whichever run happened to be its
    first; so every run is charged `launch_seconds`, the mean of all. Where the wall clock was not `recorded` beside the
    training clock, each evaluation takes an equal share of the time for evaluations, at the reading at which it was
    made, and reporting and idling are spread evenly.
    """
    outcome = run.outcome
    if recorded is not None:
        return run.asking_seconds + launch_seconds - outcome.ledger.get("launch", 0.0) + recorded
    ledger, whole = outcome.ledger, outcome.clock_seconds
    clock = min(clock_seconds, whole)
    seconds = run.asking_seconds + launch_seconds + ledger.get("compile", 0.0) + clock
    times = [float(each["clock_seconds"]) for each in outcome.evaluations] or [whole]
    made = sum(time < clock_seconds for time in times) / len(times)
    spread = clock / whole if whole > 0 else 1.0
    aside = ledger.get("report", 0.0) + ledger.get("idle", 0.0)
    return seconds + made * ledger.get("evaluate", 0.0) + spread * aside


def _true_seconds(runs: Sequence[RecordedRun], budget_seconds: float) -> float:
    whole = [run.outcome for run in runs if not run.cut]
    times = [
        budget_seconds if each.reached_seconds is None else min(each.reached_seconds, budget_seconds) for each in whole
    ]
    return sum(times) / len(times) if times else budget_seconds
