"""What the benchmark of the return monitor keeps, and the table that it prints."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import scipy.stats
from _runs_file import append_line, read_lines

from tuner.records import Evaluation
from tuner.training import Goals, ReturnEstimate

CLAIMED_GOALS = np.linspace(-0.195, 0.195, 40)
"""Where goals lie around the exact return of each policy, in shares of the target."""
CROSSED_GOALS = (0.4, 0.6, 0.8, 1.0)
"""The goals whose crossings are timed, in shares of the target."""

Floats = npt.NDArray[np.float64]


class Reading(NamedTuple):
    """What the monitor said at one moment."""

    clock_seconds: float
    """The training clock; where nothing is learned, the step."""
    mean: float
    low: float
    high: float


class Exact(NamedTuple):
    """A mean return of whole episodes."""

    mean: float
    standard_error: float
    episodes: int


@dataclass(frozen=True)
class Snapshot:
    """A policy as it was at one moment of a training, and the training since the snapshot before."""

    folder: str
    """Where it lies, under the folder of all snapshots."""
    task: str
    num_envs: int
    algorithm: str
    seed: int
    target: float
    budget_seconds: float
    """Training clock of the whole training."""
    tick_seconds: float
    clock_seconds: float
    """Training clock of this snapshot."""
    evaluation: Exact
    """Of the deterministic policy, off the clock."""
    evaluation_seconds: float
    """What that took, on the wall clock."""
    asked_seconds: float
    """Wall clock of the evaluations that the trial itself had asked for since its beginning."""
    reached_seconds: float | None
    """Training clock at which the trial had reached the target, if it had."""
    curve: Sequence[Reading]
    """All that the monitor said of the robots that it watches, since the snapshot before."""

    @property
    def training(self) -> tuple[Any, ...]:
        """What its training shares with no other."""
        return self.task, self.algorithm, self.seed

    @classmethod
    def of(cls, line: dict[str, Any]) -> Self:
        """Return what `asdict` made a line of."""
        curve = [Reading(*reading) for reading in line["curve"]]
        return cls(**line | {"evaluation": Exact(*line["evaluation"]), "curve": curve})


@dataclass(frozen=True)
class Measured:
    """A frozen policy, what it earns, and what the monitor said of it."""

    folder: str
    """Of its snapshot."""
    task: str
    algorithm: str
    target: float
    setting: str
    """Of the monitor."""
    deterministic: Exact
    exploring: Exact | None
    """Only where the monitor watches robots that explore."""
    readings: Sequence[Reading | None]
    """At moments whose windows do not overlap; None where there was no estimate."""

    @property
    def exact(self) -> Exact:
        """The return that the monitor estimates."""
        return self.deterministic if self.exploring is None else self.exploring

    @property
    def estimates(self) -> list[Reading]:
        """The readings that are one."""
        return [reading for reading in self.readings if reading is not None]

    @classmethod
    def of(cls, line: dict[str, Any]) -> Self:
        """Return what `asdict` made a line of."""
        exploring = line["exploring"]
        changed = {
            "deterministic": Exact(*line["deterministic"]),
            "exploring": None if exploring is None else Exact(*exploring),
            "readings": [None if reading is None else Reading(*reading) for reading in line["readings"]],
        }
        return cls(**line | changed)


def read(file: Path) -> tuple[list[Snapshot], list[Measured]]:
    """Return what a file holds."""
    lines = read_lines(file)
    return (
        [Snapshot.of(line["snapshot"]) for line in lines if "snapshot" in line],
        [Measured.of(line["measured"]) for line in lines if "measured" in line],
    )


def keep(file: Path, what: Snapshot | Measured) -> None:
    """Append a line to a file."""
    append_line(file, {type(what).__name__.lower(): asdict(what)})


def print_tables(snapshots: Sequence[Snapshot], measured: Sequence[Measured], *, policies: bool) -> None:
    """Print a table for each task, algorithm and setting of the monitor, and one of the trainings of each.

    Args:
        snapshots: of all trainings.
        measured: all that were measured.
        policies: prints a line for each policy, too.
    """
    for task, algorithm, setting in dict.fromkeys((each.task, each.algorithm, each.setting) for each in measured):
        group = [each for each in measured if (each.task, each.algorithm, each.setting) == (task, algorithm, setting)]
        print(f"\n{task}, {algorithm}, {setting}")
        if policies:
            print_policies(group)
        print_estimates(group)
    for task, algorithm in dict.fromkeys((each.task, each.algorithm) for each in snapshots):
        print(f"\n{task}, {algorithm}, while it learned")
        print_trainings([each for each in snapshots if (each.task, each.algorithm) == (task, algorithm)])


def print_policies(group: Sequence[Measured]) -> None:
    """Print what was measured of each policy, from bad to good."""
    print(f"  {'policy':>32} {'exact':>16} {'estimates':>10} {'median':>8} {'covered':>8}")
    for each in sorted(group, key=lambda each: each.exact.mean):
        exact = f"{each.exact.mean:.2f} ± {each.exact.standard_error:.2f}"
        said = each.estimates
        middle = f"{statistics.median(reading.mean for reading in said):.2f}" if said else "–"
        covered = f"{np.mean(covers(each)):.0%}" if said else "–"
        print(f"  {each.folder:>32} {exact:>16} {len(said):>10} {middle:>8} {covered:>8}")


def print_estimates(group: Sequence[Measured]) -> None:
    """Print how far the estimates of policies are from what these earn."""
    exact = [each.exact for each in group]
    said = sum(len(each.estimates) for each in group)
    print(
        f"  {len(group)} policies that earn {min(exact).mean:.2f} … {max(exact).mean:.2f}, from up to "
        f"{max(each.episodes for each in exact):,} episodes, standard errors up to "
        f"{max(each.standard_error for each in exact):.2f}; {said} estimates at "
        f"{sum(len(each.readings) for each in group)} moments"
    )
    if not said:
        return
    target = group[0].target
    error = statistics.median(errors(group, [each.exact.mean for each in group]))
    row("median absolute error", f"{error:.3g}, {error / target:.1%} of the target", "under 5 %")
    if any(each.exploring is not None for each in group):
        plain = statistics.median(errors(group, [each.deterministic.mean for each in group]))
        row("… from the deterministic policy", f"{plain:.3g}, {plain / target:.1%} of the target", "none")
    hits = [hit for each in group for hit in covers(each)]
    low, high = scipy.stats.binomtest(sum(hits), len(hits)).proportion_ci(0.95, method="wilson")
    row("90 % intervals that cover", f"{np.mean(hits):.1%} ({low:.1%} … {high:.1%})", "85 to 95 %")
    claimed, denied = claims(group)
    row("claimed crossings denied", f"{denied / claimed:.2%} of {claimed:,}" if claimed else "none", "at most 2 %")


def print_trainings(snapshots: Sequence[Snapshot]) -> None:
    """Print what was asked of evaluations, and how late crossings were noticed."""
    trainings = [
        [each for each in snapshots if each.training == training]
        for training in dict.fromkeys(each.training for each in snapshots)
    ]
    shares = [evaluated_share(training[-1]) for training in trainings]
    share = f"{statistics.median(shares):.1%} (at most {max(shares):.1%})"
    print(f"  {len(trainings)} trainings, {len(snapshots)} snapshots")
    row("evaluations, share of wall clock", share, "under 5 %")
    late = [lag for training in trainings for lag in lags(training)]
    never = sum(np.isinf(late))
    text = f"{statistics.median(late):.1f} ticks, of {len(late)} ({never} never)" if late else "nothing was crossed"
    row("crossings noticed after", text, "within 2 ticks")


def row(what: str, found: str, goal: str) -> None:
    """Print one value beside its goal."""
    print(f"  {what:>34}  {found:<36}  goal: {goal}")


def errors(group: Sequence[Measured], truths: Sequence[float]) -> list[float]:
    """Return how far each estimate is from the truth of its policy."""
    return [abs(said.mean - truth) for each, truth in zip(group, truths, strict=True) for said in each.estimates]


def covers(measured: Measured) -> list[bool]:
    """Return whether each interval holds the exact return."""
    return [said.low <= measured.exact.mean <= said.high for said in measured.estimates]


def claims(group: Sequence[Measured]) -> tuple[int, int]:
    """Return how many crossings were claimed, and how many of these are denied by the exact return.

    Goals lie around the exact return of each policy, see `CLAIMED_GOALS`. An estimate claims those at or below its
    lower end; the exact return denies those above itself.
    """
    claimed = denied = 0
    for each in group:
        goals = each.exact.mean + CLAIMED_GOALS * each.target
        lows = np.array([said.low for said in each.estimates])
        claim = lows[:, None] >= goals
        claimed += int(claim.sum())
        denied += int((claim & (goals > each.exact.mean)).sum())
    return claimed, denied


def evaluated_share(last: Snapshot) -> float:
    """Return the share of evaluations in a trial's clock and evaluations together, until it reached its target."""
    clock = last.clock_seconds if last.reached_seconds is None else last.reached_seconds
    return last.asked_seconds / (last.asked_seconds + clock)


def lags(training: Sequence[Snapshot]) -> list[float]:
    """Return by how many ticks each goal was noticed after it was crossed; infinite for those never noticed.

    The goals are `CROSSED_GOALS`. The true return at any moment lies on the straight lines between the evaluations of
    the snapshots; the goal is crossed where they first rise to it. It is noticed where a trial with this goal would
    have reached it: `Goals` decides from the curve of estimates when to evaluate, and evaluations find the true return.
    """
    clocks = np.array([each.clock_seconds for each in training])
    returns = np.array([each.evaluation.mean for each in training])
    seconds = statistics.median(each.evaluation_seconds for each in training)
    found = []
    for share in CROSSED_GOALS:
        goal = share * training[0].target
        crossed = crossing(clocks, returns, goal)
        if crossed is not None:
            noticed = reached(training, goal, clocks, returns, seconds)
            found.append((noticed - crossed) / training[0].tick_seconds)
    return found


def crossing(clocks: Floats, returns: Floats, goal: float) -> float | None:
    """Return when the return first rose to the goal; None if it did not, or had before the first evaluation."""
    above = np.flatnonzero(returns >= goal)
    if not above.size or above[0] == 0:
        return None
    after = above[0]
    share = (goal - returns[after - 1]) / (returns[after] - returns[after - 1])
    return float(clocks[after - 1] + share * (clocks[after] - clocks[after - 1]))


def reached(training: Sequence[Snapshot], goal: float, clocks: Floats, returns: Floats, seconds: float) -> float:
    """Return when a trial with this goal and these estimates reaches it; infinite if it does not.

    Args:
        training: with the estimates.
        goal: the target.
        clocks: when the return was measured.
        returns: what it was.
        seconds: wall clock of an evaluation.
    """
    goals = Goals(goal, (), training[0].budget_seconds, all_explore=training[0].algorithm == "ppo")
    for snapshot in training:
        for said in snapshot.curve:
            goals.consider(ReturnEstimate(said.mean, said.low, said.high, observed=1.0), said.clock_seconds)
            if goals.pending:
                truth = float(np.interp(said.clock_seconds, clocks, returns))
                evaluation = Evaluation(said.clock_seconds, truth, 0.0, snapshot.evaluation.episodes, 0.0)
                if goals.conclude(evaluation, cost_seconds=seconds) and goals.reached_seconds is not None:
                    return goals.reached_seconds
    return np.inf
