"""Who finds the faster learner by the same wall clock: `tuner run`, RL Zoo's `-optimize` or Ray Tune? Searched live.

On Cartpole and on Pendulum-v1 each contestant searches for 60 seconds, counted from its launch, on two CPUs: several
times, with other seeds and in turns. Then the winner of every search is trained on fresh seeds, by our workers and
under the budget of the bundled study (quickstart, pendulum): how many of these trainings reach the target, and when?

    tuner         `tuner run` without warm starts: TPE, the pruner time_to_return, the fused learner
    zoo           RL Zoo's own search: TPE, median pruner, one or two evaluations of 5 episodes in a trial; two runners
    ray           Ray Tune: OptunaSearch (TPE), ASHA by seconds up to the budget of a trial; two trials at a time
    tuner-stock   `tuner run` with SBX's own learner, which tells what the fused one brings; only with --arms

All suggest the free parameters of the same search space and train SBX's SAC on the same simulators, the rivals with
SBX's own learner. What is not named here is their default, but for what favours them: robots are stepped all at once,
compiled programs are kept on the disk, and Ray Tune's trials take over processes. A winner is what each of them
names: our best trial by its time, RL Zoo's by its last evaluation, Ray Tune's by its last report. The wall clock ends
all processes of a search. A search without a winner counts like one whose winner never reaches the target.

The table has the medians of the trials that began in a search and of those that ended, pruned ones among them; the
share of trainings that reached the target, with Wilson's 95 % interval; the restricted mean time, in which a training
that did not counts with its budget; and that time divided by ours. Their 95 % intervals draw searches first, then
trainings.

Every search and every training is appended to the output file when it has ended. Ctrl-C loses what runs, and --resume
goes on. With the defaults the searches take 52 minutes, and the trainings 20 to 45, on two cores: the sooner winners
are done, the less. RL Zoo and Ray Tune have to be installed: pip install rl_zoo3 'ray[tune]'.

    python benchmarks/against_zoo.py --output runs/against_zoo.jsonl
    python benchmarks/against_zoo.py --output runs/against_zoo.jsonl --resume
    python benchmarks/against_zoo.py --table runs/against_zoo.jsonl
"""

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna
import scipy
from _race_searches import CONTESTANTS, CPUS, search
from _race_tasks import STUDIES, Course
from _runs_file import append_line, read_lines
from _show_runs import cell
from _training_runs import Planned, parsed, train_each, turns

from tuner.analysis import Estimated, restricted
from tuner.machine import granted_cpu_count
from tuner.records import Outcome, Tick

OURS = "tuner"
ARMS = ("tuner", "zoo", "ray")
FIRST_SEED = 1_000_000
"""Of the trainings: no search has used it."""
RESAMPLES = 9999


@dataclass(frozen=True)
class Searched:
    """One search, as it lies in the file."""

    task: str
    arm: str
    repeat: int
    """Which of the contestant's searches; also its seed."""
    seconds: float
    """Wall clock."""
    budget_seconds: float
    """Training clock of a trial."""
    started: int
    finished: int
    failed: int
    parameters: dict[str, Any] | None
    """The winner's; None without one."""

    @property
    def question(self) -> tuple[Any, ...]:
        return self.task, self.arm, self.repeat, self.seconds, self.budget_seconds


@dataclass(frozen=True)
class Trained:
    """One training of a search's winner, as it lies in the file."""

    task: str
    arm: str
    repeat: int
    seconds: float
    """Wall clock of the search."""
    budget_seconds: float
    """Training clock of this training, and of a trial in the search."""
    seed: int
    target: float
    kind: str
    """As in `Outcome`; also the following."""
    reached_seconds: float | None
    clock_seconds: float
    best_return: float | None
    contended: bool

    @property
    def question(self) -> tuple[Any, ...]:
        """What its search answers."""
        return self.task, self.arm, self.repeat, self.seconds, self.budget_seconds


@dataclass(frozen=True)
class Race:
    """What the file holds."""

    searches: list[Searched]
    trainings: list[Trained]

    @classmethod
    def read(cls, file: Path) -> "Race":
        lines = read_lines(file)
        return cls(
            [Searched(**line["search"]) for line in lines if "search" in line],
            [Trained(**line["training"]) for line in lines if "training" in line],
        )


def race(arguments: argparse.Namespace) -> None:
    """Make the searches and trainings that the output file does not hold yet."""
    courses = [Course.of(task, arguments.budget_seconds) for task in arguments.tasks]
    for repeat, arm in turns(arguments.arms, 0, arguments.repeats):
        for course in courses:
            search_once(course, arm, repeat, arguments)
    for course in courses:
        train_winners(course, arguments)


def search_once(course: Course, arm: str, repeat: int, arguments: argparse.Namespace) -> None:
    """Let a contestant search, unless the file has that search."""
    asked = (course.task.id, arm, repeat, arguments.seconds, course.study.budget.seconds)
    if asked in {each.question for each in Race.read(arguments.output).searches}:
        return
    try:
        found = search(CONTESTANTS[arm], course, seconds=arguments.seconds, seed=repeat)
    except KeyboardInterrupt:
        sys.exit(f"Interrupted. What had ended is in {arguments.output}; the same command with --resume goes on.")
    append_line(arguments.output, {"search": asdict(Searched(*asked, **asdict(found)))})
    failed = f", {found.failed} failed" if found.failed else ""
    winner = "no winner" if found.parameters is None else values_text(found.parameters)
    print(f"{course.task.id} search {repeat} {arm:>12}: {found.finished} trials ended{failed}; {winner}", flush=True)


def values_text(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:.3g}" for name, value in parameters.items())


def train_winners(course: Course, arguments: argparse.Namespace) -> None:
    """Train every winner of these searches on each seed, as far as the file has not."""
    stored = Race.read(arguments.output)
    asked = {search.question: search for search in stored.searches if wanted(search, course, arguments)}
    winners = {f"{each.arm} {each.repeat}": each for each in asked.values() if each.parameters is not None}
    done = {(*each.question, each.seed) for each in stored.trainings}
    planned = [
        Planned(
            course.task,
            variant,
            course.agent(winners[variant].parameters or {}),
            seed,
            course.target,
            course.study.budget.seconds,
            final_evaluation=False,
        )
        for seed, variant in turns(list(winners), FIRST_SEED, arguments.seeds)
        if (*winners[variant].question, seed) not in done
    ]

    def keep(made: Planned, outcome: Outcome, _: Sequence[Tick]) -> str:
        trained = Trained(
            *winners[made.variant].question,
            seed=made.seed,
            target=made.target,
            kind=str(outcome.kind),
            reached_seconds=outcome.reached_seconds,
            clock_seconds=outcome.clock_seconds,
            best_return=outcome.best_return,
            contended=outcome.contended,
        )
        append_line(arguments.output, {"training": asdict(trained)})
        return cell(outcome)

    train_each(planned, keep, arguments.output, jobs=CPUS, threads=1)


def wanted(search: Searched, course: Course, arguments: argparse.Namespace) -> bool:
    """Return whether a stored search is one of those that were asked for."""
    asked = (course.task.id, arguments.seconds, course.study.budget.seconds)
    return (
        (search.task, search.seconds, search.budget_seconds) == asked
        and search.arm in arguments.arms
        and search.repeat < arguments.repeats
    )


def print_tables(race: Race) -> None:
    """Print a table for each task, wall clock and budget."""
    groups: dict[tuple[str, float, float], list[Searched]] = {}
    for each in race.searches:
        groups.setdefault((each.task, each.seconds, each.budget_seconds), []).append(each)
    for (task, seconds, budget), searches in groups.items():
        print(f"\n{task}: searches of {seconds:g} s on {CPUS} CPUs, trials and trainings of {budget:g} s")
        print_table(searches, race.trainings, budget)


HEAD = (
    f"{'':>12} {'searches':>9} {'trials begun':>13} {'ended':>6} {'winners':>8} {'trainings':>10} "
    f"{'reached, %':>16} {'mean time, s':>24} {f'/ {OURS}':>24} {'contended':>10}"
)


def print_table(searches: Sequence[Searched], trainings: Sequence[Trained], budget: float) -> None:
    """Print a row for each contestant."""
    by_arm = {arm: [each for each in searches if each.arm == arm] for arm in CONTESTANTS}
    times = {arm: winners_times(mine, trainings) for arm, mine in by_arm.items() if mine}
    ours = times.get(OURS)
    print(HEAD)
    for arm, known in times.items():
        mine = by_arm[arm]
        begun, ended = (f"{median(getattr(each, name) for each in mine):g}" for name in ("started", "finished"))
        winners = sum(each.parameters is not None for each in mine)
        made = [each for each in trainings if each.question in {each.question for each in mine}]
        against = ratio_text(known, ours, budget) if arm != OURS and ours else ""
        print(
            f"{arm:>12} {len(mine):>9} {begun:>13} {ended:>6} {winners:>8} {len(made):>10} {share_text(known):>16} "
            f"{mean_text(known, budget):>24} {against:>24} {sum(each.contended for each in made):>10}"
        )


Times = list[list[float | None]]
"""Seconds to the target of each training of each search's winner; None for one that did not reach it."""


def winners_times(searches: Sequence[Searched], trainings: Sequence[Trained]) -> Times:
    """Return the times of the searches whose winners were trained, and of those without a winner.

    A search without a winner counts as if it had one that never reaches the target, trained as often as the others.
    """
    found: dict[tuple[Any, ...], list[float | None]] = {}
    for each in trainings:
        found.setdefault(each.question, []).append(each.reached_seconds)
    never: list[float | None] = [None] * max(map(len, found.values()), default=1)
    all_times = (never if each.parameters is None else found.get(each.question, []) for each in searches)
    return [times for times in all_times if times]


def share_text(times: Times) -> str:
    """Return the percentage of trainings that reached the target, with Wilson's interval."""
    reached = [time is not None for winner in times for time in winner]
    if not reached:
        return "–"
    low, high = scipy.stats.binomtest(sum(reached), len(reached)).proportion_ci(0.95, method="wilson")
    return f"{100 * sum(reached) / len(reached):.0f} ({100 * low:.0f} … {100 * high:.0f})"


def mean_text(times: Times, budget: float) -> str:
    """Return the restricted mean time, with its interval."""
    if not times:
        return "–"
    return str(estimated(pooled(times, budget), resampled_means(times, budget, seed=0), searches=len(times)))


def ratio_text(times: Times, ours: Times, budget: float) -> str:
    """Return a restricted mean time divided by ours, with its interval; both are drawn independently."""
    if not times:
        return "–"
    drawn = resampled_means(times, budget, seed=0) / resampled_means(ours, budget, seed=1)
    value = pooled(times, budget) / pooled(ours, budget)
    return str(estimated(value, drawn, searches=min(len(times), len(ours))))


def pooled(times: Times, budget: float) -> float:
    """Return the mean over searches of the mean restricted time of each."""
    return float(np.mean([restricted(winner, budget).mean() for winner in times]))


def resampled_means(times: Times, budget: float, *, seed: int) -> npt.NDArray[np.float64]:
    """Return bootstrap samples of `pooled`, shape (RESAMPLES,): searches are drawn first, then trainings of each."""
    rng = np.random.default_rng(seed)
    winners = [restricted(winner, budget) for winner in times]
    means = np.empty((RESAMPLES, len(winners), len(winners)))  # of each winner, for each place that it may be drawn for
    for number, winner in enumerate(winners):
        means[..., number] = rng.choice(winner, size=(RESAMPLES, len(winners), winner.size)).mean(axis=-1)
    drawn = rng.integers(len(winners), size=(RESAMPLES, len(winners), 1))
    return np.take_along_axis(means, drawn, axis=-1).mean(axis=(1, 2))


def estimated(value: float, samples: npt.NDArray[np.float64], *, searches: int) -> Estimated:
    """Return a number with the 95 % interval of its bootstrap samples; without one for a single search."""
    if searches < 2:
        return Estimated(value, None, None)
    low, high = np.percentile(samples, [2.5, 97.5])
    return Estimated(value, float(low), float(high))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=STUDIES, default=list(STUDIES))
    parser.add_argument("--arms", nargs="+", choices=CONTESTANTS, default=list(ARMS), help="contestants")
    parser.add_argument("--repeats", type=int, default=8, help="searches of each contestant on each task")
    parser.add_argument("--seconds", type=float, default=60.0, help="wall clock of a search, from its launch")
    parser.add_argument("--seeds", type=int, default=5, help="trainings of each winner")
    parser.add_argument(
        "--budget-seconds", type=float, help="training clock of a trial and of a training instead of the study's own"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="file to append to, one JSON object a line")
    parser.add_argument("--resume", action="store_true", help="continue an output file")
    parser.add_argument("--table", type=Path, metavar="FILE", help="only print what a file holds")
    arguments = parsed(parser)
    if arguments.table is None:
        check(arguments.arms)
    return arguments


def check(arms: Iterable[str]) -> None:
    """Exit if this machine cannot run the race."""
    missing = sorted(set[str]().union(*(CONTESTANTS[arm].missing() for arm in arms)))
    if missing:
        sys.exit(f"Some contestants are not installed. Install them with: pip install {' '.join(missing)}")
    if granted_cpu_count() < CPUS:
        sys.exit(f"Every contestant gets {CPUS} CPUs of its own, but this process may use {granted_cpu_count()}.")


def main() -> None:
    arguments = parse()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if arguments.table is None:
        race(arguments)
    print_tables(Race.read(arguments.table or arguments.output))


if __name__ == "__main__":
    main()
