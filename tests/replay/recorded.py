"""Recorded runs of a made-up task, with round numbers."""

from typing import Any

from optuna.distributions import FloatDistribution

from tuner.config import BudgetConfig, ObjectiveConfig, StudyConfig, TaskConfig, WorkersConfig
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.replay import RecordedRun

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
