"""Recorded runs of a made-up task, with round numbers."""

import math
from typing import Any

import numpy as np
from optuna.distributions import FloatDistribution

from tuner.config import BudgetConfig, ObjectiveConfig, StudyConfig, TaskConfig, WorkersConfig
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.replay import RecordedRun, Recordings

BUDGET = 100.0
TICKS = 10
TARGET = 10.0
FACTS = {"task.id": "Toy", "objective.target": TARGET, "budget.seconds": BUDGET, "budget.ticks": TICKS}
DISTRIBUTIONS = {"x": FloatDistribution(0.0, 1.0)}


def study(**sections: Any) -> StudyConfig:
    config = StudyConfig(
        study="toy",
        task=TaskConfig(id="Toy", num_envs=4),
        search_space="toy",
        objective=ObjectiveConfig(target=TARGET),
        budget=BudgetConfig(seconds=BUDGET, ticks=TICKS),
        workers=WorkersConfig(threads=1),
    )
    return config.model_copy(update=sections)


def run(name: str, returns: list[float], *, seed: int = 0, x: float = 0.5, **outcome: Any) -> RecordedRun:
    """Return a run with a best return at each of its ticks of 10 s; it spends its budget unless told otherwise."""
    ticks = tuple(
        Tick(index, 10.0 * index, estimate=best, low=best - 1, high=best + 1, best=best, env_steps=100 * index)
        for index, best in enumerate(returns, start=1)
    )
    facts = {"kind": OutcomeKind.EXHAUSTED, "clock_seconds": BUDGET, "best_return": max(returns, default=None)}
    return RecordedRun(name, "random", {"x": x}, seed, ticks, Outcome(**{**facts, **outcome}))


def rising(
    name: str, plateau: float, middle: float, *, seed: int = 0, x: float = 0.5, compiling: float = 0.0
) -> RecordedRun:
    """Return a run whose return rises in an S to a plateau, half of it at `middle` s, until it reaches the target.

    Launching takes 3 s, compiling no time unless it is given, and an evaluation at the end 2 s.
    """

    def best(seconds: float) -> float:
        return plateau / (1.0 + math.exp(-(seconds - middle) / 8.0))

    reached = middle - 8.0 * math.log(plateau / TARGET - 1.0) if plateau > TARGET else math.inf
    end = min(reached, BUDGET)
    returns = [best(10.0 * tick) for tick in range(1, TICKS + 1) if 10.0 * tick <= end]
    facts: dict[str, Any] = {"clock_seconds": end, "best_return": best(end), "env_steps": round(10 * end)}
    if reached <= BUDGET:
        facts |= {"kind": OutcomeKind.REACHED, "reached_seconds": reached}
    ledger = {"launch": 3.0, "compile": compiling, "act": end, "evaluate": 2.0}
    return run(name, returns, seed=seed, x=x, ledger=ledger, **facts)


def family(count: int, *, seed: int = 0) -> list[RecordedRun]:
    """Return runs of different configurations, of which about half reach the target, some late."""
    rng = np.random.default_rng(seed)
    shapes = zip(rng.uniform(4.0, 16.0, count).tolist(), rng.uniform(15.0, 90.0, count).tolist(), strict=True)
    return [
        rising(f"{number:03d}", plateau, middle, x=number / count, compiling=0.01 * number)
        for number, (plateau, middle) in enumerate(shapes)
    ]


def recordings(runs: list[RecordedRun], *, name: str = "toy.jsonl", **changes: Any) -> Recordings:
    facts = {**FACTS, **changes.pop("facts", {})}
    return Recordings(name, study(**changes), facts, DISTRIBUTIONS, tuple(runs))
