"""How many workers a study's manager keeps busy: asks and reports per second, its idle time, and where it saturates.

Trials are simulated, so that nothing but the manager, its sampler, its pruner and the storage computes: a slot plays a
made-up curve of so many ticks, as a worker would report it. With `--pace none` time jumps to the next event, so that
the manager is never idle: what it needs for a trial is then what limits a study. With `--pace real` trials last for
their seconds, and the manager's idle share is measured.

    python benchmarks/scale.py --storage sqlite postgresql --managers 1 2 4 8
    python benchmarks/scale.py --storage sqlite --trials 100 --slots 8 --pace none --profile 25

SQLite takes one manager. `postgresql` starts a server of its own; a URL names another one, where studies are left.
"""

import argparse
import cProfile
import hashlib
import multiprocessing
import pstats
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import optuna
from _postgres import postgres
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tuner.clock import Clock, ManualClock, MonotonicClock
from tuner.config import StudyConfig, TrialSpec
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.spaces import load_space
from tuner.study import Manager
from tuner.workers import OutcomeEvent, Recording, ReplayPool, TickEvent

TARGET = 10.0
GPUS, GPU_SECONDS = 256, 60.0
"""The cluster that one manager should keep busy, and how long a trial lasts there."""


class CountedClock(MonotonicClock):
    """The real clock; adds up how long it slept, which is how long the manager had nothing to do."""

    def __init__(self) -> None:
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        began = self.now()
        super().sleep(seconds)
        self.slept += self.now() - began


class CountedPool(ReplayPool):
    """Counts what a manager handled."""

    asks = reports = ends = 0

    def submit(self, slot: int, spec: TrialSpec) -> None:
        """Start a trial."""
        self.asks += 1
        super().submit(slot, spec)

    def poll(self, timeout_seconds: float) -> list[Any]:
        """Return the next events."""
        events = super().poll(timeout_seconds)
        self.reports += sum(isinstance(event, TickEvent) for event in events)
        self.ends += sum(isinstance(event, OutcomeEvent) for event in events)
        return events


@dataclass(frozen=True)
class Measured:
    """What one manager did."""

    asks: int
    reports: int
    ends: int
    wall_seconds: float
    idle_seconds: float
    cpu_seconds: float
    """Of the manager's process; less than the time that it was busy if it waited for the database, or for a CPU."""
    statements: int
    """Sent to the database: each is a journey to a server and back."""


def play(spec: TrialSpec) -> Recording:
    """Return a straight curve whose slope depends on the configuration; a third of the trials reach the target."""
    digest = hashlib.sha256(spec.agent.model_dump_json().encode()).digest()
    needed = spec.budget_seconds * (0.4 + 1.6 * digest[0] / 255)
    end = min(needed, spec.budget_seconds)
    metrics = dict.fromkeys(("actor_loss", "critic_loss", "ent_coef", "action_saturation"), 0.123456789)
    ticks = []
    for index in range(1, spec.ticks + 1):
        seconds = index * spec.budget_seconds / spec.ticks
        value = TARGET * seconds / needed
        if seconds <= end:
            ticks.append(Tick(index, seconds, value, value - 1, value + 1, value, value, value, 999, 999, metrics))
    reached = needed <= spec.budget_seconds
    outcome = Outcome(
        kind=OutcomeKind.REACHED if reached else OutcomeKind.EXHAUSTED,
        reached_seconds=needed if reached else None,
        final_return=TARGET * end / needed,
        best_return=TARGET * end / needed,
        clock_seconds=end,
        env_steps=1_000_000,
        updates=100_000,
        ledger={"launch": 0.1, "act": end / 4, "simulate": end / 2, "learn": end / 4},
        agent=spec.agent.to_json(),
    )
    return Recording(tuple(ticks), outcome)


def study_file(storage: str, given: argparse.Namespace) -> StudyConfig:
    """Return the study of one measurement."""
    return StudyConfig.model_validate(
        {
            "study": "scale",
            "task": {"id": "Cartpole", "num_envs": 64},
            "search_space": "sac_speed",
            "objective": {"kind": "time_to_return", "target": TARGET},
            "budget": {"seconds": given.seconds, "trials": given.trials, "ticks": given.ticks},
            "sampler": {"kind": given.sampler},
            "pruner": {"kind": given.pruner},
            "storage": storage,
        }
    )


def run_manager(config: StudyConfig, slots: int, *, real: bool, profile: int = 0) -> Measured:
    """Run one manager to the study's end."""
    clock: Clock = CountedClock() if real else ManualClock()
    statements: list[None] = []
    listener = (Engine, "before_cursor_execute", lambda *_: statements.append(None))
    event.listen(*listener)
    pool, wall = CountedPool(play, slots, clock), MonotonicClock()
    profiler = cProfile.Profile(time.process_time) if profile else None
    began, used = wall.now(), time.process_time()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    with profiler or nullcontext():
        Manager(config, load_space(config.search_space), pool, clock=clock).run()
    seconds, used = wall.now() - began, time.process_time() - used
    event.remove(*listener)
    if profiler is not None:
        pstats.Stats(profiler, stream=sys.stdout).sort_stats("cumulative").print_stats(profile)
    return Measured(pool.asks, pool.reports, pool.ends, seconds, getattr(clock, "slept", 0.0), used, len(statements))


def _in_process(config: StudyConfig, slots: int, real: bool, results: Any) -> None:
    results.put(run_manager(config, slots, real=real))


def measure(storage: str, managers: int, given: argparse.Namespace) -> list[Measured]:
    """Run so many managers on one study, each with an equal share of the slots."""
    config, slots, real = study_file(storage, given), max(1, given.slots // managers), given.pace == "real"
    if managers == 1:
        return [run_manager(config, slots, real=real, profile=given.profile)]
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    processes = [context.Process(target=_in_process, args=(config, slots, real, results)) for _ in range(managers)]
    for process in processes:
        process.start()
    found = [results.get() for _ in processes]
    for process in processes:
        process.join()
    return found


def show(name: str, managers: int, slots: int, found: list[Measured]) -> None:
    """Print one row."""
    wall = max(each.wall_seconds for each in found)
    busy = sum(each.wall_seconds - each.idle_seconds for each in found)
    trials, reports = sum(each.ends for each in found), sum(each.reports for each in found)
    asks = sum(each.asks for each in found)
    cost = busy / trials
    print(
        f"{name:12} {managers:8} {slots:6} {trials:7} {asks / wall:8.2f} {reports / wall:10.1f} "
        f"{1 - busy / (wall * managers):8.0%} {1e3 * cost:10.1f} "
        f"{1e3 * sum(each.cpu_seconds for each in found) / trials:10.1f} "
        f"{sum(each.statements for each in found) / trials:8.0f} {managers * GPU_SECONDS / cost:12.0f}",
        flush=True,
    )


@contextmanager
def _storage(kind: str) -> Iterator[str]:
    """Yield the URL of an empty database."""
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="scale-") as folder:
            yield f"sqlite:///{folder}/tuner.db"
    elif kind == "postgresql":
        with postgres() as url:
            yield url
    else:
        yield kind


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--storage", nargs="+", default=["sqlite", "postgresql"], help="sqlite, postgresql or a URL")
    parser.add_argument("--managers", nargs="+", type=int, default=[1], help="how many managers share a study")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--ticks", type=int, default=40, help="ticks of a trial")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a trial")
    parser.add_argument("--slots", type=int, nargs="+", default=[8], help="workers of all managers together")
    parser.add_argument("--pace", choices=("real", "none"), default="real", help="none: time jumps to the next event")
    parser.add_argument("--sampler", default="tpe")
    parser.add_argument("--pruner", default="time_to_return")
    parser.add_argument("--profile", type=int, default=0, metavar="N", help="print N functions of a single manager")
    given = parser.parse_args()
    print(
        f"{'storage':12} {'managers':>8} {'slots':>6} {'trials':>7} {'asks/s':>8} {'reports/s':>10} {'idle':>8} "
        f"{'ms/trial':>10} {'CPU ms':>10} {'SQL':>8} {f'{GPU_SECONDS:g} s GPUs':>12}"
    )
    for kind in given.storage:
        for managers in given.managers:
            if kind == "sqlite" and managers > 1:
                continue
            for slots in given.slots:
                with _storage(kind) as url:
                    arguments = argparse.Namespace(**{**vars(given), "slots": slots})
                    show(kind.partition(":")[0], managers, slots, measure(url, managers, arguments))
    print("ms/trial: how long a trial keeps its manager busy, waiting for a CPU too; CPU ms: of that, computing;")
    print(
        f"SQL: statements for it; {GPU_SECONDS:g} s GPUs: as many, with trials of that length, fill all managers' time."
    )


if __name__ == "__main__":
    main()
