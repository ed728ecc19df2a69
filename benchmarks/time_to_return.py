"""Do faster updates mean faster learning? Training-clock time to the target, stock learner against fused.

The same configuration is trained from the same seeds with each learner in turns, as in a study: by a worker process,
with a budget of training clock, until an evaluation confirms the target. Each finished run is appended to the output
file at once, so that --resume can continue an interrupted benchmark. With --jobs several runs are made at the same
time, each on its own CPUs.

The table gives each run's time (or its best return, in brackets, if it did not reach the target), how many runs did,
the restricted mean time with a 95 % bootstrap interval, and the ratio of the restricted means.

    python benchmarks/time_to_return.py --output runs/time_to_return.jsonl
    python benchmarks/time_to_return.py --output runs/time_to_return.jsonl --resume --learners stock fused bfloat16
    python benchmarks/time_to_return.py --table runs/time_to_return.jsonl
"""

import argparse
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from _runs_file import Run, read_runs
from _show_runs import cell, groups
from _training_runs import Planned, add_arguments, parsed, plan, train_all
from record_curves import QUICKSTART, SOLVES_CARTPOLE

from tuner.analysis import mean_time, ratio_of_means, restricted
from tuner.config import AgentConfig, TaskConfig
from tuner.spaces import load_space

SPACE = "sac_speed"
LEARNERS: dict[str, dict[str, Any]] = {
    "stock": {"learner": "stock"},
    "fused": {"learner": "fused"},
    "bfloat16": {"learner": "fused", "precision": "bfloat16"},
}


@dataclass(frozen=True)
class Question:
    """What is trained, how far, and for how long at most."""

    task: TaskConfig
    parameters: Callable[[TaskConfig], Mapping[str, Any]]
    """Returns the search space's parameters."""
    target: float
    budget_seconds: float

    def agent(self, learner: str) -> AgentConfig:
        config = load_space(SPACE).agent(self.parameters(self.task), self.task)
        return config.model_copy(update=LEARNERS[learner])


def quickstart(_: TaskConfig) -> Mapping[str, Any]:
    """Return the values that the quickstart pins, and an action box and entropies that solve it."""
    return SOLVES_CARTPOLE


def penalized_means(task: TaskConfig) -> dict[str, Any]:
    """Return one of our recipes for the A1 flat task, in which robots learn to stand within minutes."""
    return load_space(SPACE).warm_start("penalized_means", task)


QUESTIONS = (
    Question(QUICKSTART.task, quickstart, target=4.0, budget_seconds=60.0),
    Question(TaskConfig(id="Velocity-Flat-A1", num_envs=256), penalized_means, target=10.0, budget_seconds=400.0),
)
"""Targets are above what a robot earns by standing still. The A1's is not the 25 of its study, for which it has to
walk: the recipe learns to stand and to turn within this budget."""


def planned(question: Question, arguments: argparse.Namespace) -> list[Planned]:
    """Return the runs that answer a question."""
    agents = {learner: question.agent(learner) for learner in arguments.learners}
    return plan(question.task, agents, arguments, target=question.target, budget_seconds=question.budget_seconds)


def print_tables(runs: Sequence[Run]) -> None:
    """Print a table for each task, target, budget and number of threads."""
    for title, group in groups(runs).items():
        print(f"\n{title}")
        print_table(group, group[0].budget_seconds)


def print_table(runs: Sequence[Run], budget: float) -> None:
    """Print one row for each seed, and a summary."""
    learners = [name for name in LEARNERS if any(run.variant == name for run in runs)]
    by_learner = {name: [run for run in runs if run.variant == name] for name in learners}
    print(row("seed", learners))
    for seed in sorted({run.seed for run in runs}):
        found = {run.variant: run for run in runs if run.seed == seed}
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
    add_arguments(parser, seeds=5)
    return parsed(parser)


def main() -> None:
    arguments = parse()
    if arguments.table is None:
        chosen = [question for question in QUESTIONS if question.task.id in arguments.tasks]
        runs = [run for question in chosen for run in planned(question, arguments)]
        train_all(runs, arguments.output, jobs=arguments.jobs, threads=arguments.threads)
    print_tables(read_runs(arguments.table or arguments.output))


if __name__ == "__main__":
    main()
