"""Do faster updates mean faster learning? Training-clock time to the target, stock learner against fused.

The same configuration is trained from the same seeds with each learner in turns, each time in a fresh worker process,
as a study trains it: under a budget on the training clock, until the target is confirmed by evaluation. Every finished
run is appended to the output file at once, so that an interrupted benchmark goes on with --resume.

The table gives each run's time (for those that did not reach the target their best return in brackets), the share that
did, the restricted mean time with a 95 % bootstrap interval, and the ratio of the restricted means.

    python benchmarks/time_to_return.py --output runs/time_to_return.jsonl
    python benchmarks/time_to_return.py --output runs/time_to_return.jsonl --resume --learners stock fused bfloat16
    python benchmarks/time_to_return.py --table runs/time_to_return.jsonl
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _restricted_means import mean_time, ratio_of_means, restricted
from _runs_file import Run, append_run, read_runs
from optuna.trial import FixedTrial

from tuner.config import AgentConfig, ObjectiveConfig, TaskConfig, TrialSpec, WorkersConfig, load_study
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.spaces import load_space
from tuner.workers import LocalPool, OutcomeEvent, TickEvent

SPACE = "sac_speed"
TICKS = 40
POLL_SECONDS = 10.0
LEARNERS: dict[str, dict[str, Any]] = {
    "stock": {"learner": "stock"},
    "fused": {"learner": "fused"},
    "bfloat16": {"learner": "fused", "precision": "bfloat16"},
}
TRAINED = (OutcomeKind.REACHED, OutcomeKind.EXHAUSTED, OutcomeKind.DIVERGED)
"""Outcomes that say something about a learner; others are failures of the run."""


@dataclass(frozen=True)
class Question:
    """What is trained, how far, and for how long at most."""

    task: TaskConfig
    parameters: Callable[[TaskConfig], dict[str, Any]]
    """Gives the search space's parameters."""
    target: float
    budget_seconds: float

    def agent(self, learner: str) -> AgentConfig:
        config = load_space(SPACE).configure(FixedTrial(self.parameters(self.task)), self.task)
        return config.model_copy(update=LEARNERS[learner])


def quickstart(_: TaskConfig) -> dict[str, Any]:
    """Return the values that the quickstart pins, with an action box and entropies that solve it."""
    pinned = load_study("quickstart").fixed
    return {**pinned, "action_bound_fraction": 0.05, "ent_coef": 0.03, "target_entropy_std": 0.28}


def held_noise(task: TaskConfig) -> dict[str, Any]:
    """Return our best sketch on the A1 flat task."""
    return load_space(SPACE).warm_starts["held_noise"](task)


QUESTIONS = (
    Question(TaskConfig(id="Cartpole", num_envs=64), quickstart, target=4.0, budget_seconds=60.0),
    Question(TaskConfig(id="Velocity-Flat-A1", num_envs=256), held_noise, target=15.0, budget_seconds=400.0),
)


def asked(question: Question, arguments: argparse.Namespace) -> Question:
    """Return the question with the target and budget of the command line."""
    return Question(
        question.task,
        question.parameters,
        target=question.target if arguments.target is None else arguments.target,
        budget_seconds=arguments.budget_seconds or question.budget_seconds,
    )


def turns(learners: Sequence[str], first_seed: int, seeds: int) -> Iterator[tuple[int, str]]:
    """Yield seeds and learners: all learners for one seed, then for the next one in reverse order, and so on."""
    for number in range(seeds):
        for learner in learners if number % 2 == 0 else reversed(learners):
            yield first_seed + number, learner


def train(question: Question, learner: str, seed: int, threads: int) -> tuple[Outcome, list[Tick]]:
    """Train once, in a worker process of its own."""
    spec = TrialSpec(
        study="time-to-return",
        number=seed,
        seed=seed,
        task=question.task,
        agent=question.agent(learner),
        objective=ObjectiveConfig(target=question.target),
        budget_seconds=question.budget_seconds,
        ticks=TICKS,
        threads=threads,
    )
    ticks: list[Tick] = []
    with (
        tempfile.TemporaryDirectory(prefix="time-to-return-") as logs,
        LocalPool(WorkersConfig(count=1, threads=threads), log_dir=Path(logs)) as pool,
    ):
        pool.submit(0, spec)
        while True:
            for event in pool.poll(POLL_SECONDS):
                if isinstance(event, TickEvent):
                    ticks.append(event.tick)
                if isinstance(event, OutcomeEvent):
                    return event.outcome, ticks


def measure(questions: Sequence[Question], arguments: argparse.Namespace) -> None:
    """Train whatever the output file does not hold yet."""
    stored = read_runs(arguments.output)
    done = {run.question for run in stored}
    for question in questions:
        check_configuration(question, stored, arguments.output)
        for seed, learner in turns(arguments.learners, arguments.first_seed, arguments.seeds):
            described = {
                "task": question.task.id,
                "learner": learner,
                "seed": seed,
                "target": question.target,
                "budget_seconds": question.budget_seconds,
                "threads": arguments.threads,
            }
            if tuple(described.values()) in done:
                continue
            outcome, ticks = train(question, learner, seed, arguments.threads)
            if outcome.kind not in TRAINED:
                sys.exit(f"{question.task.id}, {learner}, seed {seed}: {outcome.kind}. {outcome.message}")
            run = Run.of(outcome, ticks, **described)
            append_run(arguments.output, run)
            warning = ", contended" if run.contended else ""
            print(
                f"{run.task} seed {seed} {learner:>8}: {cell(run).strip()} after {run.clock_seconds:.1f} s, "
                f"{run.env_steps:,} steps, {run.updates:,} updates{warning}",
                flush=True,
            )


def check_configuration(question: Question, stored: Sequence[Run], file: Path) -> None:
    """Refuse to go on with runs of a task whose configuration has changed since."""
    for run in stored:
        if run.task == question.task.id and run.agent is not None:
            now = question.agent(run.learner).to_json()
            changed = sorted(name for name in now if "action_b" not in name and now[name] != run.agent[name])
            if changed:  # the action box is resolved to numbers in a run, so it is left out
                sys.exit(f"{file} holds runs of {run.task} with other {', '.join(changed)}. Give another file.")


def cell(run: Run) -> str:
    """Return the seconds to the target, or the best return in brackets."""
    if run.reached_seconds is not None:
        return f"{run.reached_seconds:.1f} s"
    return f"{run.kind} (best {'–' if run.best_return is None else f'{run.best_return:.1f}'})"


def print_tables(runs: Sequence[Run]) -> None:
    """Print a table for each task, target, budget and number of threads."""
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.task, run.target, run.budget_seconds, run.threads), []).append(run)
    for (task, target, budget, threads), group in groups.items():
        print(f"\n{task}: training clock to a return of {target:g}, budget {budget:g} s, {threads} threads")
        print_table(group, budget)


def print_table(runs: Sequence[Run], budget: float) -> None:
    """Print one row for each seed, and what they say together."""
    learners = [name for name in LEARNERS if any(run.learner == name for run in runs)]
    by_learner = {name: [run for run in runs if run.learner == name] for name in learners}
    print(row("seed", learners))
    for seed in sorted({run.seed for run in runs}):
        found = {run.learner: run for run in runs if run.seed == seed}
        print(row(str(seed), [cell(found[name]) if name in found else "" for name in learners]))
    times = {name: restricted([run.reached_seconds for run in mine], budget) for name, mine in by_learner.items()}
    counts = by_learner.values()
    print(row("reached", [f"{sum(run.reached_seconds is not None for run in mine)}/{len(mine)}" for mine in counts]))
    print(row("contended", [f"{sum(run.contended for run in mine)}/{len(mine)}" for mine in counts]))
    for title, attribute in (("steps/s", "env_steps"), ("updates/s", "updates")):
        rates = (statistics.median(getattr(run, attribute) / run.clock_seconds for run in mine) for mine in counts)
        print(row(title, [f"{rate:,.1f}" for rate in rates]))
    print(row("mean, s", [str(mean_time(times[name])) for name in learners]))
    first = learners[0]
    ratios = ["" if name == first else str(ratio_of_means(times[first], times[name])) for name in learners]
    print(row(f"{first} / it", ratios))


def row(title: str, cells: Sequence[str]) -> str:
    return f"{title:>12}" + "".join(f"{text:>28}" for text in cells)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [question.task.id for question in QUESTIONS]
    parser.add_argument("--tasks", nargs="+", choices=names, default=names)
    parser.add_argument("--learners", nargs="+", choices=list(LEARNERS), default=["stock", "fused"])
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--target", type=float, help="return to reach, if not the task's own")
    parser.add_argument("--budget-seconds", type=float, help="training clock of a run, if not the task's own")
    parser.add_argument("--threads", type=int, default=2, help="CPUs of the worker")
    parser.add_argument("--output", type=Path, help="file to append runs to, one JSON object a line")
    parser.add_argument("--resume", action="store_true", help="go on with an output file that holds runs")
    parser.add_argument("--table", type=Path, metavar="FILE", help="only print what a file holds")
    arguments = parser.parse_args()
    if arguments.table is None and arguments.output is None:
        parser.error("give --output FILE to train, or --table FILE to print")
    if arguments.output is not None and arguments.output.exists() and not arguments.resume:
        parser.error(f"{arguments.output} exists: give --resume to go on with it, or another file")
    return arguments


def main() -> None:
    arguments = parse()
    if arguments.table is None:
        chosen = [asked(question, arguments) for question in QUESTIONS if question.task.id in arguments.tasks]
        measure(chosen, arguments)
    print_tables(read_runs(arguments.table or arguments.output))


if __name__ == "__main__":
    main()
