"""Train configurations, several at a time if there are enough CPUs, and keep every finished run in a file.

The benchmarks of whole trainings share this code. Runs are made as in a study: by workers pinned to their own CPUs,
with a budget of training clock, for all of it or until an evaluation confirms the target. Each finished run is appended
to the output file at once, so that --resume can continue an interrupted benchmark.
"""

import argparse
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _numbers import at_least, positive
from _runs_file import Run, append_run, read_runs
from _show_runs import cell

from tuner.config import AgentConfig, ObjectiveConfig, TaskConfig, TrialSpec, WorkersConfig
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.workers import LocalPool, NoticeEvent, OutcomeEvent, TickEvent

TICKS = 40
POLL_SECONDS = 10.0
TRAINED = (OutcomeKind.REACHED, OutcomeKind.EXHAUSTED, OutcomeKind.DIVERGED, OutcomeKind.TOO_LARGE)
"""Outcomes that are results of a configuration; the others are failures of the run."""


@dataclass(frozen=True)
class Planned:
    """A run that is still to do."""

    task: TaskConfig
    variant: str
    """What distinguishes its configuration from the others that it is compared with."""
    agent: AgentConfig
    seed: int
    target: float
    budget_seconds: float
    stop_at_target: bool = True
    """False trains for the whole budget, so that all returns at the end are at the same training clock."""
    milestones: tuple[float, ...] = ()
    """Returns on the way to the target, in rising order."""
    ticks: int = TICKS
    final_evaluation: bool = True
    """Evaluates the final policy, off the clock."""

    def asked(self, threads: int) -> dict[str, Any]:
        """Return what a `Run` records of it."""
        return {
            "task": self.task.id,
            "variant": self.variant,
            "seed": self.seed,
            "target": self.target,
            "budget_seconds": self.budget_seconds,
            "threads": threads,
            "stop_at_target": self.stop_at_target,
            "configuration": self.agent.to_json(),
        }

    def question(self, threads: int) -> tuple[Any, ...]:
        """Return the `Run.question` that it answers."""
        return (
            self.task.id,
            self.variant,
            self.seed,
            (*self.milestones, self.target),
            self.budget_seconds,
            threads,
            self.stop_at_target,
        )

    def spec(self, threads: int) -> TrialSpec:
        """Return what a worker needs to know."""
        return TrialSpec(
            study="benchmark",
            number=self.seed,
            seed=self.seed,
            task=self.task,
            agent=self.agent,
            objective=ObjectiveConfig(target=self.target, milestones=self.milestones),
            budget_seconds=self.budget_seconds,
            ticks=self.ticks,
            threads=threads,
            stop_at_target=self.stop_at_target,
            final_evaluation=self.final_evaluation,
        )


def turns(variants: Sequence[str], first_seed: int, seeds: int) -> Iterator[tuple[int, str]]:
    """Yield seeds and variants: all variants for one seed, then for the next one in reverse order, and so on."""
    for number in range(seeds):
        for variant in variants if number % 2 == 0 else reversed(variants):
            yield first_seed + number, variant


def plan(
    task: TaskConfig,
    agents: Mapping[str, AgentConfig],
    arguments: argparse.Namespace,
    *,
    target: float,
    budget_seconds: float,
    milestones: Sequence[float] = (),
    stop_at_target: bool = True,
) -> list[Planned]:
    """Return one run for each variant and seed, in the order in which they are made.

    A target or budget from the command line replaces the one that is passed here; milestones that do not lie below the
    target are left out.
    """
    target = target if arguments.target is None else arguments.target
    budget_seconds = arguments.budget_seconds or budget_seconds
    below = tuple(goal for goal in milestones if goal < target)
    return [
        Planned(task, variant, agents[variant], seed, target, budget_seconds, stop_at_target, below)
        for seed, variant in turns(list(agents), arguments.first_seed, arguments.seeds)
    ]


def train_all(planned: Sequence[Planned], output: Path, *, jobs: int, threads: int) -> None:
    """Train the runs that the output file does not hold yet, in `jobs` workers of `threads` CPUs each.

    Every run ends with an evaluation of its final policy, off the clock.

    Exits if workers would share CPUs, if the file holds runs of other configurations under the same names, and, after
    all other runs, if runs failed.
    """
    stored = read_runs(output)
    check_configurations(planned, stored, output)
    done = {run.question for run in stored}

    def keep(made: Planned, outcome: Outcome, ticks: Sequence[Tick]) -> str:
        run = Run.of(outcome, ticks, jobs=jobs, **made.asked(threads))
        append_run(output, run)
        return cell(run)

    waiting = [run for run in planned if run.question(threads) not in done]
    train_each(waiting, keep, output, jobs=jobs, threads=threads)


def train_each(
    planned: Sequence[Planned],
    keep: Callable[[Planned, Outcome, Sequence[Tick]], str],
    output: Path,
    *,
    jobs: int,
    threads: int,
) -> None:
    """Train runs in `jobs` workers of `threads` CPUs each, and print each when it has finished.

    Exits if workers would share CPUs, when it is interrupted, and, after all other runs, if runs failed.

    Args:
        planned: the runs.
        keep: appends a run that was trained to the output file, and returns what came of it in a few words.
        output: the file, for the message.
        jobs: runs at the same time.
        threads: CPUs of each.
    """
    try:
        failures = _train(deque(planned), keep, jobs=jobs, threads=threads)
    except KeyboardInterrupt:
        sys.exit(f"Interrupted. The runs that had finished are in {output}; the same command with --resume goes on.")
    if failures:
        sys.exit("\n".join(failures))


def check_configurations(planned: Sequence[Planned], stored: Sequence[Run], file: Path) -> None:
    """Exit if the stored runs were made with other configurations."""
    now = {(run.task.id, run.variant): run.agent.to_json() for run in planned}
    for run in stored:
        agent = now.get((run.task, run.variant))
        if agent is None:
            continue
        if run.configuration is None:
            sys.exit(f"{file} holds runs of an older version, without their configurations. Give another file.")
        changed = sorted(name for name in agent if agent[name] != run.configuration.get(name))
        if changed:
            sys.exit(
                f"{file} holds runs of {run.task}, {run.variant}, with other {', '.join(changed)}. Give another file."
            )


def add_arguments(parser: argparse.ArgumentParser, *, seeds: int) -> None:
    """Add the options that all benchmarks of trainings have; `seeds` is the default number of seeds."""
    parser.add_argument("--seeds", type=at_least(1), default=seeds, help="number of seeds")
    parser.add_argument("--first-seed", type=at_least(0), default=0)
    parser.add_argument("--target", type=float, help="return to reach instead of the task's own")
    parser.add_argument("--budget-seconds", type=positive, help="training clock of a run instead of the task's own")
    parser.add_argument("--threads", type=at_least(1), default=2, help="CPUs of each worker")
    parser.add_argument("--jobs", type=at_least(1), default=1, help="runs at the same time, each on its own CPUs")
    parser.add_argument("--output", type=Path, metavar="FILE", help="file to append runs to, one JSON object a line")
    parser.add_argument("--resume", action="store_true", help="continue an output file that holds runs")
    parser.add_argument("--table", type=Path, metavar="FILE", help="only print what a file holds")


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the arguments; exit if they contradict each other."""
    arguments = parser.parse_args()
    if arguments.table is None and arguments.output is None:
        parser.error("give --output FILE to train, or --table FILE to print")
    if arguments.output is not None and arguments.output.exists() and not arguments.resume:
        parser.error(f"{arguments.output} exists: give --resume to continue it, or another file")
    return arguments


def _train(
    waiting: deque[Planned], keep: Callable[[Planned, Outcome, Sequence[Tick]], str], *, jobs: int, threads: int
) -> list[str]:
    """Train what waits, hand on each run when it has finished, and return what went wrong."""
    running: dict[int, tuple[Planned, list[Tick]]] = {}
    failures: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as logs,
        LocalPool(WorkersConfig(count=jobs, threads=threads), log_dir=Path(logs)) as pool,
    ):
        if pool.oversubscribed:
            sys.exit(f"{jobs} jobs of {threads} threads would share CPUs. Give fewer --jobs or --threads.")
        while waiting or running:
            for slot in pool.idle()[: len(waiting)]:
                running[slot] = waiting.popleft(), []
                pool.submit(slot, running[slot][0].spec(threads))
            for event in pool.poll(POLL_SECONDS):
                if isinstance(event, NoticeEvent):
                    print(event.text, flush=True)
                if isinstance(event, TickEvent):
                    running[event.slot][1].append(event.tick)
                if isinstance(event, OutcomeEvent):
                    made, ticks = running.pop(event.slot)
                    failures += _finish(made, event.outcome, ticks, keep)
    return failures


def _finish(
    planned: Planned,
    outcome: Outcome,
    ticks: Sequence[Tick],
    keep: Callable[[Planned, Outcome, Sequence[Tick]], str],
) -> list[str]:
    """Hand on a finished run and print it; if it failed, return what went wrong."""
    name = f"{planned.task.id} seed {planned.seed} {planned.variant:>12}"
    if outcome.kind not in TRAINED:
        print(f"{name}: {outcome.kind}", flush=True)
        return [f"{name}: {outcome.kind}. {outcome.message}"]
    text = keep(planned, outcome, ticks)
    warning = ", contended" if outcome.contended else ""
    print(
        f"{name}: {text} after {outcome.clock_seconds:.1f} s, {outcome.env_steps:,} steps, {outcome.updates:,} updates"
        f"{warning}",
        flush=True,
    )
    return []
