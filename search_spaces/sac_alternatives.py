"""The alternatives to a tight action box, each against SAC for speed: `sac.py` beside this file, and an option.

What each does and when it may help stands in docs/action-bounds-alternatives.md. `action_bound_fraction` is the box in
every case: the one that widens, the one whose bounds cost reward, and for an actor that is not squashed the unit of its
actions.
"""

from typing import Any

import sac
import sac_recipes

from tuner.config import AgentConfig, BoundsPenalty, BoxSchedule, TaskConfig
from tuner.spaces import SpaceTrial, search_space

ALTERNATIVES = ("box", "schedule", "penalty", "unbounded")
FULL_BOX = 1.0


def held_noise(task: TaskConfig) -> dict[str, Any]:
    """The recipe of `sac_recipes.held_noise` in its own tight box, which the alternatives are to be compared with."""
    return _parameters(task, "box")


def widening_box(task: TaskConfig) -> dict[str, Any]:
    """The same recipe, whose box begins as tight as there and is the task's own after a minute."""
    start = sac_recipes.held_noise(task)["action_bound_fraction"]
    return _parameters(task, "schedule", action_bound_fraction=FULL_BOX, schedule_start=start, schedule_seconds=60.0)


def penalized_bounds(task: TaskConfig) -> dict[str, Any]:
    """The same recipe in a tenth of the task's box, where actions beyond half of it cost reward."""
    return _parameters(task, "penalty", action_bound_fraction=0.1, penalty_weight=0.02, penalty_margin=0.5)


def unbounded(task: TaskConfig) -> dict[str, Any]:
    """The same recipe with an actor that is not squashed, in units of its box."""
    return _parameters(task, "unbounded", penalize_means=1, mean_penalty=0.01)


@search_space(warm_starts=(held_noise, widening_box, penalized_bounds, unbounded))
def sac_alternatives(trial: SpaceTrial) -> AgentConfig:
    """SAC for speed in a fixed box, a widening one, one with a penalty near its bounds, or without squashing."""
    agent = sac.sac_speed(trial)
    # Each parameter is asked for in every trial, also where it plays no part: samplers model a fixed set best.
    chosen = trial.suggest_ordinal("alternative", ALTERNATIVES)
    schedule = BoxSchedule(
        start=trial.suggest_float("schedule_start", 0.003, 0.5, log=True),
        seconds=trial.suggest_float("schedule_seconds", 5.0, 500.0, log=True),
    )
    # A step's reward is at most 0.045 on the A1 flat task, and about 1 on others.
    penalty = BoundsPenalty(
        weight=trial.suggest_float("penalty_weight", 1e-3, 1.0, log=True),
        margin=trial.suggest_float("penalty_margin", 0.0, 0.95),
    )
    options: dict[str, dict[str, Any]] = {
        "box": {},
        "schedule": {"action_box_schedule": schedule},
        "penalty": {"bounds_penalty": penalty},
        "unbounded": {"squash": False},
    }
    return agent.model_copy(update=options[chosen])


def _parameters(
    task: TaskConfig,
    alternative: str,
    *,
    schedule_start: float = 0.02,
    schedule_seconds: float = 60.0,
    penalty_weight: float = 0.02,
    penalty_margin: float = 0.8,
    **changes: Any,
) -> dict[str, Any]:
    """Return parameters as `sac_alternatives` records them: of `sac_recipes.held_noise`, changed, and an option."""
    return {
        **sac_recipes.held_noise(task),
        **changes,
        "alternative_index": ALTERNATIVES.index(alternative),
        "schedule_start": schedule_start,
        "schedule_seconds": schedule_seconds,
        "penalty_weight": penalty_weight,
        "penalty_margin": penalty_margin,
    }
