"""The one number that Optuna sees, at every tick and at the end: minimised, comparable, and never a raw return."""

import math

from tuner.config import ObjectiveConfig


def score(
    objective: ObjectiveConfig,
    *,
    budget_seconds: float,
    best_return: float | None,
    reached_seconds: float | None = None,
) -> float:
    """Return a trial's score; lower is better.

    For `time_to_return` the score is in seconds: the time to return of a trial that reached the target, and otherwise
    `budget_seconds · (1 + shortfall(best_return))`, so that every trial that reached the target beats every one that
    did not. For `return_at_budget` it is minus the best return so far.

    The score of a trial falls while it trains, with one exception: it rises if an evaluation contradicts the estimates
    before it. Pruning rules read the best score up to a tick, so that they compare estimates with estimates.

    Args:
        objective: what the study optimises.
        budget_seconds: training clock that a trial of the study may spend, in seconds.
        best_return: the best return so far; None, or a number that is not finite, stands for no estimate yet.
        reached_seconds: time to return on the training clock, of a trial that reached the target.

    Returns:
        The score. Without an estimate it is the worst there is: `2 · budget_seconds`, the limit of ever lower returns,
        for `time_to_return`; infinity, which Optuna stores and its samplers accept, for `return_at_budget`.
    """
    known = best_return is not None and math.isfinite(best_return)
    if objective.kind == "return_at_budget":
        return -best_return if best_return is not None and known else math.inf
    if reached_seconds is not None:
        return min(reached_seconds, budget_seconds)
    if objective.target is None:
        raise ValueError("the objective time_to_return has no target")
    if best_return is None or not known:
        return worst_score(objective, budget_seconds=budget_seconds)
    return budget_seconds * (1.0 + shortfall(best_return, objective.target))


def worst_score(objective: ObjectiveConfig, *, budget_seconds: float) -> float:
    """Return the worst score. No trial with an estimate has a worse one."""
    return 2.0 * budget_seconds if objective.kind == "time_to_return" else math.inf


def shortfall(best_return: float, target: float) -> float:
    """Return how far a return is below the target, on a scale from 0 (there) towards 1 (infinitely far).

    shortfall = gap / (gap + max(1, |target|)) with gap = target − best_return. It never saturates, so that even
    the worst trials can be ranked. It is 0 for a return at or above the target that no evaluation has confirmed.
    """
    gap = max(0.0, target - best_return)
    return gap / (gap + max(1.0, abs(target)))


def best_return_of(value: float, objective: ObjectiveConfig, *, budget_seconds: float) -> float | None:
    """Return the best return that a score stands for: the inverse of `score` for a trial below its target.

    Returns:
        The return; the target itself for a score within the budget; None for a score without an estimate.
    """
    if not math.isfinite(value):
        return None
    if objective.kind == "return_at_budget":
        return -value
    if objective.target is None:
        raise ValueError("the objective time_to_return has no target")
    share = value / budget_seconds - 1.0
    if share <= 0.0:
        return objective.target
    if share >= 1.0:
        return None
    return objective.target - max(1.0, abs(objective.target)) * share / (1.0 - share)
