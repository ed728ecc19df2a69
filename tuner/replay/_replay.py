"""Replay arms on the same studies, and measure what each of them finds and what it costs."""

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tuner.errors import UserError
from tuner.replay._arms import Arm
from tuner.replay._judges import NoJudge, judge_of
from tuner.replay._replay_data import Curve, ReplayData
from tuner.replay._simulation import End, NextCurve, Played, simulate
from tuner.replay._surrogate import Surrogate, SurrogateJudge

NEAR = 0.1
"""A configuration is as good as the best if its true time is at most this share longer."""


@dataclass(frozen=True)
class Settings:
    """What all arms have in common."""

    trials: int
    """Trials of each study."""
    workers: int
    repeats: int
    """Studies of each arm; the same number in each is the same trials in the same order."""
    seed: int = 0
    """Decides everything that is drawn."""

    def check(self, data: ReplayData) -> None:
        """Refuse what the data cannot give.

        Raises:
            UserError: if no configuration reached the target, the studies have more trials than there are
                configurations, or a number is not positive.
        """
        if min(data.true_seconds) >= data.config.budget.seconds:
            raise UserError(
                f"None of the {len(data.curves)} recorded configurations reached the target of "
                f"{data.config.objective.target:g}, so there is no best one to find. Record with a lower target or a "
                "longer budget."
            )
        for name, count in (("trials", self.trials), ("workers", self.workers), ("repeats", self.repeats)):
            if count < 1:
                raise UserError(f"The number of {name} is {count}, but must be at least 1.")
        if self.trials > len(data.curves):
            raise UserError(
                f"A study of {self.trials} trials needs as many recorded configurations, but there are "
                f"{len(data.curves)}. Give more recordings, or --trials {len(data.curves)} or fewer."
            )


@dataclass(frozen=True)
class StudyResult:
    """One replayed study."""

    incumbents: tuple[tuple[float, float], ...]
    """Whenever the best trial changed: wall-clock seconds, and the true time of its configuration."""
    wall_seconds: float
    """Length of the study."""
    found_seconds: float | None
    """When a configuration as good as the best that the study has was first among those that would be confirmed: the
    `confirm: top` best trials so far that reached the target. None if that never was."""
    worker_seconds: float
    """Seconds of all its trials."""
    loser_seconds: float
    """Those of trials that did not become the best of the study."""
    stopped: int
    """Trials that the pruner stopped."""
    judged: int
    """Those of them whose recordings say how they would have gone on."""
    lost: int
    """Those of these that would have become the best of the study."""
    cut: int
    """Trials that would have gone on, but whose recordings end."""


@dataclass(frozen=True)
class ArmResult:
    """All studies of one arm."""

    arm: str
    studies: tuple[StudyResult, ...]

    def true_seconds(self, wall_seconds: Sequence[float], budget_seconds: float) -> npt.NDArray[np.float64]:
        """Return the true time of the incumbent at points of the wall clock, shape (studies, points).

        Before a study has a trial that ended without being stopped, it is the budget.
        """
        points = np.asarray(wall_seconds, dtype=np.float64)
        rows = []
        for study in self.studies:
            times = np.array([time for time, _ in study.incumbents])
            values = np.array([budget_seconds, *(value for _, value in study.incumbents)])
            rows.append(values[np.searchsorted(times, points, side="right")])
        return np.array(rows)


def replay_arm(data: ReplayData, arm: Arm, settings: Settings) -> ArmResult:
    """Replay the studies of one arm.

    Raises:
        UserError: for wrong options of the arm, or more trials than there are configurations.
    """
    settings.check(data)
    data = data.by_steps if arm.by_steps else data
    surrogate = Surrogate(data) if arm.sampler is not None else None
    studies = [_study(data, arm, settings, repeat, surrogate) for repeat in range(settings.repeats)]
    return ArmResult(arm.name, tuple(studies))


def whole_seconds(data: ReplayData, settings: Settings) -> npt.NDArray[np.float64]:
    """Return the length of each study if nothing was stopped, shape (repeats,)."""
    lengths = []
    for repeat in range(settings.repeats):
        curves = _one_by_one(drawn_curves(data, settings, repeat))
        played = simulate(curves, NoJudge(), workers=settings.workers)
        lengths.append(max(trial.ended for trial in played))
    return np.array(lengths)


def drawn_curves(data: ReplayData, settings: Settings, repeat: int) -> list[Curve]:
    """Return the trials of a study: some of the configurations in a random order, each with one of its seeds.

    At least one of them reached the target, because a study in which nothing can be found compares nothing.
    """
    rng = np.random.default_rng([settings.seed, repeat])
    chosen = rng.permutation(len(data.curves))[: settings.trials]
    reaching = np.flatnonzero(np.array(data.true_seconds) < data.config.budget.seconds)
    if not np.isin(chosen, reaching).any():
        chosen[rng.integers(len(chosen))] = rng.choice(reaching)
    return [data.curves[place][rng.integers(len(data.curves[place]))] for place in chosen]


def _study(data: ReplayData, arm: Arm, settings: Settings, repeat: int, surrogate: Surrogate | None) -> StudyResult:
    seed = int(np.random.SeedSequence([settings.seed, repeat]).generate_state(1)[0])
    pruner = arm.make_pruner(data.config.objective, data.config.budget, seed)
    kind = getattr(arm.pruner, "kind", arm.name)
    judge = judge_of(pruner, steps=data.config.budget.ticks, kind=kind, name=f"replay-{settings.seed}-{repeat}")
    sampler = arm.make_sampler(seed)
    if sampler is not None and surrogate is not None:
        rng = np.random.default_rng([settings.seed, repeat])
        study = SurrogateJudge(surrogate, sampler, judge, rng, trials=settings.trials)
        played = simulate(study.next_curve, study, workers=settings.workers, proposal_seconds=arm.proposal_seconds)
        return _result(played, surrogate.best_seconds, data)
    curves = drawn_curves(data, settings, repeat)
    played = simulate(_one_by_one(curves), judge, workers=settings.workers)
    return _result(played, min(curve.true_seconds for curve in curves), data)


def _one_by_one(curves: Sequence[Curve]) -> NextCurve:
    left = iter(curves)
    return lambda: next(left, None)


def _result(played: Sequence[Played], best: float, data: ReplayData) -> StudyResult:
    return StudyResult(
        incumbents=tuple((trial.ended, trial.curve.true_seconds) for trial in played if trial.improved),
        wall_seconds=max(trial.ended for trial in played),
        found_seconds=_found(played, best, data),
        worker_seconds=sum(trial.ended - trial.began for trial in played),
        loser_seconds=sum(trial.ended - trial.began for trial in played if not trial.improved),
        stopped=sum(trial.end is End.STOPPED for trial in played),
        judged=sum(trial.end is End.STOPPED and trial.lost is not None for trial in played),
        lost=sum(bool(trial.lost) for trial in played),
        cut=sum(trial.end is End.CUT for trial in played),
    )


def _found(played: Sequence[Played], best: float, data: ReplayData) -> float | None:
    """Return when a trial of a configuration as good as the best was first among those that would be confirmed."""
    times: list[float] = []
    for trial in played:
        seconds, true = trial.curve.reached_seconds, trial.curve.true_seconds
        if trial.end is not End.REACHED or seconds is None:
            continue
        insort(times, seconds)
        # The true time of a configuration that is not expected to reach the target is the budget, which may be within
        # 10 % too.
        good = true <= (1.0 + NEAR) * best and true < data.config.budget.seconds
        if good and seconds <= times[: data.confirmed][-1]:
            return trial.ended
    return None
