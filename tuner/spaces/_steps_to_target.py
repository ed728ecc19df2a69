"""How many environment steps a warm start is known to need: stated where it is written, read before a study."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from tuner.errors import UserError

_ATTRIBUTE = "__steps_to_target__"
_Start = TypeVar("_Start", bound=Callable[..., Any])


def steps_to_target(steps: Mapping[str, Mapping[float, int]]) -> Callable[[_Start], _Start]:
    """Say how many environment steps a warm start needed, so that `tuner run` can tell a budget that is too short.

    Args:
        steps: by the task's id and the return that counts as solved, the environment steps of all robots together until
            it was reached, such as `{"Cartpole": {4.0: 12_000}}`.

    Raises:
        UserError: for anything else.
    """
    if not isinstance(steps, Mapping) or not all(isinstance(of_task, Mapping) for of_task in steps.values()):
        raise _refused(steps)
    for of_task in steps.values():
        if not all(_is_number(target) and _is_count(needed) for target, needed in of_task.items()):
            raise _refused(steps)

    def mark(start: _Start) -> _Start:
        setattr(start, _ATTRIBUTE, steps)
        return start

    return mark


def stated_steps(start: Callable[..., Any], task_id: str, target: float) -> tuple[float, int] | None:
    """Return what is stated of a warm start for a task, for the highest return up to a target.

    Returns:
        The return and the environment steps until it: the target takes at least as many. None if nothing is stated.
    """
    of_task: Mapping[float, int] = getattr(start, _ATTRIBUTE, {}).get(task_id, {})
    highest = max((goal for goal in of_task if goal <= target), default=None)
    return None if highest is None else (highest, of_task[highest])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _refused(steps: Any) -> UserError:
    return UserError(
        f"steps_to_target was given {steps!r}, but takes a dictionary from task ids to dictionaries from returns to "
        'whole numbers of environment steps, such as {"Cartpole": {4.0: 12_000}}.'
    )
