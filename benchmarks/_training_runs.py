"""Train configurations, side by side where there are CPUs for it, and keep every finished run in a file.

What the benchmarks of whole trainings share: runs are made as a study makes them, by workers pinned to CPUs of their
own, under a budget on the training clock, for all of it or until the target is confirmed by evaluation. A run is
appended to the output file as soon as it is finished, so that an interrupted benchmark goes on with --resume.
"""

import argparse
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _runs_file import Run, append_run, read_runs
from _show_runs import cell

from tuner.config import AgentConfig, ObjectiveConfig, TaskConfig, TrialSpec, WorkersConfig
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.workers import LocalPool, OutcomeEvent, TickEvent

TICKS = 40
POLL_SECONDS = 10.0
TRAINED = (OutcomeKind.REACHED, OutcomeKind.EXHAUSTED, OutcomeKind.DIVERGED)
"""Outcomes that say something about a configuration; others are failures of the run."""


@dataclass(frozen=True)
class Planned:
    """A run to be made."""

    task: TaskConfig
    variant: str
    """What distinguishes its configuration from the others that it is compared with."""
    agent: AgentConfig
    seed: int
    target: float
    budget_seconds: float
    stop_at_target: bool = True
    """False trains for the whole budget, so that returns at the end are those of equal clock."""

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
        }

    def spec(self, threads: int) -> TrialSpec:
        """Return what a worker needs to know."""
        return TrialSpec(
            study="benchmark",
            number=self.seed,
            seed=self.seed,
            task=self.task,
            agent=self.agent,
            objective=ObjectiveConfig(target=self.target),
            budget_seconds=self.budget_seconds,
            ticks=TICKS,
            threads=threads,
            stop_at_target=self.stop_at_target,
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
    stop_at_target: bool = True,
) -> list[Planned]:
    """Return the runs of variants by name, from the seeds that were asked for, in the order in which they are made.

    The command line's target and budget go before those that are given here, which are the task's own.
    """
    target = target if arguments.target is None else arguments.target
    budget_seconds = arguments.budget_seconds or budget_seconds
    return [
        Planned(task, variant, agents[variant], seed, target, budget_seconds, stop_at_target)
        for seed, variant in turns(list(agents), arguments.first_seed, arguments.seeds)
    ]


def train_all(planned: Sequence[Planned], output: Path, *, jobs: int, threads: int) -> None:
    """Train whatever the output file does not hold yet, in `jobs` workers of `threads` CPUs each.

    Ends the program where workers would share CPUs, where the file holds runs of other configurations under the same
    names, and, once all the others are made, where runs failed.
    """
    stored = read_runs(output)
    check_configurations(planned, stored, output)
    done = {run.question for run in stored}
    waiting = deque(run for run in planned if tuple(run.asked(threads).values()) not in done)
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
                if isinstance(event, TickEvent):
                    running[event.slot][1].append(event.tick)
                if isinstance(event, OutcomeEvent):
                    made, ticks = running.pop(event.slot)
                    failures += _keep(output, made, event.outcome, ticks, jobs=jobs, threads=threads)
    if failures:
        sys.exit("\n".join(failures))


def check_configurations(planned: Sequence[Planned], stored: Sequence[Run], file: Path) -> None:
    """Refuse to go on with runs whose configurations have changed since."""
    now = {(run.task.id, run.variant): run.agent for run in planned}
    for run in stored:
        agent = now.get((run.task, run.variant))
        changed = [] if agent is None or run.agent is None else _differences(agent, run.agent)
        if changed:
            sys.exit(
                f"{file} holds runs of {run.task}, {run.variant}, with other {', '.join(changed)}. Give another file."
            )


def add_arguments(parser: argparse.ArgumentParser, *, seeds: int) -> None:
    """Add the options that all benchmarks of trainings have; `seeds` is how many by default."""
    parser.add_argument("--seeds", type=int, default=seeds, help="how many")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--target", type=float, help="return to reach, if not the task's own")
    parser.add_argument("--budget-seconds", type=float, help="training clock of a run, if not the task's own")
    parser.add_argument("--threads", type=int, default=2, help="CPUs of each worker")
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side, each on CPUs of its own")
    parser.add_argument("--output", type=Path, metavar="FILE", help="file to append runs to, one JSON object a line")
    parser.add_argument("--resume", action="store_true", help="go on with an output file that holds runs")
    parser.add_argument("--table", type=Path, metavar="FILE", help="only print what a file holds")


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the arguments, once they are known to make sense."""
    arguments = parser.parse_args()
    if arguments.table is None and arguments.output is None:
        parser.error("give --output FILE to train, or --table FILE to print")
    if arguments.output is not None and arguments.output.exists() and not arguments.resume:
        parser.error(f"{arguments.output} exists: give --resume to go on with it, or another file")
    return arguments


def _keep(
    output: Path, planned: Planned, outcome: Outcome, ticks: Sequence[Tick], *, jobs: int, threads: int
) -> list[str]:
    """Append a finished run to the file and print it; of one that failed, return what went wrong."""
    name = f"{planned.task.id} seed {planned.seed} {planned.variant:>12}"
    if outcome.kind not in TRAINED:
        print(f"{name}: {outcome.kind}", flush=True)
        return [f"{name}: {outcome.kind}. {outcome.message}"]
    run = Run.of(outcome, ticks, jobs=jobs, **planned.asked(threads))
    append_run(output, run)
    warning = ", contended" if run.contended else ""
    print(
        f"{name}: {cell(run)} after {run.clock_seconds:.1f} s, {run.env_steps:,} steps, {run.updates:,} updates"
        f"{warning}",
        flush=True,
    )
    return []


def _differences(now: AgentConfig, stored: dict[str, Any]) -> list[str]:
    """Return in what a configuration differs from a stored one, whose action box is resolved to numbers."""
    before, after = AgentConfig.model_validate(stored).to_json(), now.to_json()
    unknown = {"action_bound_fraction"} | ({"action_box"} if now.action_box is None else set())
    return sorted(name for name in after if name not in unknown and after[name] != before[name])
