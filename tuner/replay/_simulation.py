"""One study in simulated time: recorded trials on a number of workers, under a pruner."""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tuner.replay._judges import Judge
from tuner.replay._replay_data import Curve, Report


class End(StrEnum):
    """How a replayed trial ended."""

    REACHED = "reached"
    SPENT = "spent"
    """It went on to the end of its recording without reaching the target."""
    STOPPED = "stopped"
    """The pruner stopped it."""
    CUT = "cut"
    """It would have gone on, but its recording had been cut by another pruner."""


@dataclass(frozen=True)
class Played:
    """One trial of a replayed study."""

    curve: Curve
    began: float
    """Wall-clock seconds since the study began."""
    ended: float
    end: End
    rule: str | None
    """What stopped it."""
    lost: bool | None
    """Whether it was stopped although it would have become the best of the study as it stood; None if nobody knows,
    because its recording had been cut."""
    improved: bool
    """Whether it became the best of the study."""


NextCurve = Callable[[], Curve | None]
"""Gives the next trial's curve; None if there is none left."""


def simulate(next_curve: NextCurve, judge: Judge, *, workers: int, proposal_seconds: float = 0.0) -> list[Played]:
    """Return the trials of a study, in the order of their ends.

    Trials begin as workers become free. A trial takes the recorded time of its sampler, launch, compilation, training,
    evaluations and reports; the pruner is asked when a tick comes in, and a stopped trial ends at that moment. At
    equal times the worker with the lower number comes first. This is what the manager's loop does on a pool that plays
    recordings, without the storage.

    Args:
        next_curve: gives the trials.
        judge: the study's pruner.
        workers: how many trials run at once.
        proposal_seconds: what a sampler takes for each trial, in addition to what was recorded.
    """
    state = _Study(judge, proposal_seconds)
    heap: list[tuple[float, int, _Trial]] = []
    for slot in range(workers):
        state.begin(slot, 0.0, next_curve, heap)
    while heap:
        now, slot, trial = heapq.heappop(heap)
        if state.play(trial, now):
            state.begin(slot, now, next_curve, heap)
        else:
            heapq.heappush(heap, (trial.next_time, slot, trial))
    return state.played


class _Trial:
    """A trial that runs: its next event is the report at `position`, or, after the last one, its end."""

    __slots__ = ("began", "curve", "number", "position", "proposed")

    def __init__(self, curve: Curve, number: int, began: float, proposed: float, position: int) -> None:
        self.curve = curve
        self.number = number
        self.began = began
        self.proposed = proposed
        self.position = position

    @property
    def next_time(self) -> float:
        reports = self.curve.reports
        seconds = reports[self.position].wall_seconds if self.position < len(reports) else self.curve.wall_seconds
        return self.proposed + seconds

    @property
    def last_report(self) -> Report | None:
        return self.curve.reports[self.position - 1] if self.position else None


class _Study:
    """What has happened so far."""

    def __init__(self, judge: Judge, proposal_seconds: float) -> None:
        self._proposal_seconds = proposal_seconds
        self.played: list[Played] = []
        self._judge = judge
        self._best = math.inf

    def begin(self, slot: int, now: float, next_curve: NextCurve, heap: list[tuple[float, int, _Trial]]) -> None:
        """Start the next trial in a slot, if there is one."""
        curve = next_curve()
        if curve is None:
            return
        first = 0 if self._judge.sees_reports else len(curve.reports)
        trial = _Trial(curve, self._judge.begin(curve), now, now + self._proposal_seconds, first)
        heapq.heappush(heap, (trial.next_time, slot, trial))

    def play(self, trial: _Trial, now: float) -> bool:
        """Play a trial's next event; return whether the trial has ended."""
        curve = trial.curve
        if trial.position >= len(curve.reports):
            self._end(trial, now, rule=None)
            return True
        report = curve.reports[trial.position]
        trial.position += 1
        rule = self._judge.report(trial.number, report, curve)
        if rule is None:
            return False
        self._end(trial, now, rule=rule)
        return True

    def _end(self, trial: _Trial, now: float, *, rule: str | None) -> None:
        curve = trial.curve
        told = None if rule is not None else curve.score
        self._judge.end(trial.number, trial.last_report, curve, told)
        would_be = curve.reached_seconds if curve.reached_seconds is not None else math.inf
        lost = None if curve.score is None else rule is not None and would_be < self._best
        improved = told is not None and not curve.unscored and told < self._best
        if improved and told is not None:
            self._best = told
        self.played.append(Played(curve, trial.began, now, _kind(curve, rule), rule, lost, improved))


def _kind(curve: Curve, rule: str | None) -> End:
    if rule is not None:
        return End.STOPPED
    if curve.score is None:
        return End.CUT
    return End.SPENT if curve.reached_seconds is None else End.REACHED
