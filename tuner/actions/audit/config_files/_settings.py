"""What a configuration file says about actions, and the conversion of its values to one number per dimension."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuner.actions.audit._dimension import MOST_DIMENSIONS
from tuner.actions.audit._partial_targets import Known, PartialTargets
from tuner.errors import UserError

EACH = "each"
"""The name of the single row that stands for all dimensions, if a file does not say how many there are."""


@dataclass(frozen=True)
class ActionSettings:
    """The action box of a configuration file, and what the file says about the joints."""

    style: str
    """Name of the file's style, for display."""
    place: str
    """Path of the clipping in the file."""
    low: tuple[float, ...]
    """In units of the policy's output."""
    high: tuple[float, ...]
    joints: PartialTargets
    notes: tuple[str, ...] = ()
    """Sentences about what could not be read, and the consequences."""


def clip_bounds(value: Any, count: int | None, place: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the lower and upper bounds of a clip, as files write it.

    Args:
        value: a number c for ±c, [low, high] for all dimensions, a list of one c or one [low, high] for each.
        count: number of action dimensions; None if it is not known.
        place: path of the value in the file, for errors.

    Returns:
        Bounds for each dimension; for a single one if the number is not known.

    Raises:
        UserError: for anything else, and for bounds that are not finite or not in order.
    """
    if isinstance(value, list | tuple) and value:
        rows = [value] if _is_pair(value) and count != 2 else list(value)
    else:
        rows = [value]
    pairs = [_pair(row, place) for row in rows]
    if len(pairs) == 1:
        pairs *= count or 1
    if count is not None and len(pairs) != count:
        raise UserError(f"{place} has {len(pairs)} values for {count} actions. It needs one, or one for each.")
    return tuple(low for low, _ in pairs), tuple(high for _, high in pairs)


def _is_pair(value: Sequence[Any]) -> bool:
    """Say whether a list of two is [low, high] rather than one ± for each of two dimensions."""
    numbers = [number(entry) for entry in value]
    return len(value) == 2 and numbers[0] is not None and numbers[1] is not None and numbers[0] <= 0.0


def _pair(row: Any, place: str) -> tuple[float, float]:
    half = number(row)
    if half is not None:
        low, high = -half, half
    else:
        ends = [number(entry) for entry in row] if isinstance(row, list | tuple) else []
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            raise UserError(
                f"{place} is {shown(row)}, which cannot be read as bounds. They can be a number c (for ±c), "
                "[low, high], or a list with one of these for each action; or give them: tuner audit --box LOW HIGH."
            )
        low, high = ends[0], ends[1]
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UserError(f"{place} is {shown(row)}, which is not finite: it clips nothing. {BOX_ADVICE}")
    if low >= high:
        raise UserError(f"{place} is {shown(row)}, which leaves no room: low must be below high, and c above zero.")
    return low, high


BOX_ADVICE = "Give the box that the agent is trained with: tuner audit --box -100 100 --dims 12 --scale 0.25."


def no_clipping(source: str, found: str) -> UserError:
    """Build the error for a file that clips nothing.

    Args:
        source: the file.
        found: sentences about what the file has instead.
    """
    return UserError(f"{source} clips no actions. {found} {BOX_ADVICE}")


def number(value: Any) -> float | None:
    """Return a number, also from a text: YAML 1.1 reads `1e-3` as one. Return None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def count_of(value: Any) -> int | None:
    """Return a number of actions; None for anything but a whole number of at least one.

    Raises:
        UserError: for more than `MOST_DIMENSIONS`.
    """
    found = number(value)
    if found is None or found < 1 or not found.is_integer():
        return None
    if found > MOST_DIMENSIONS:
        raise UserError(f"It says that there are {shown(value)} actions; an agent can have at most {MOST_DIMENSIONS}.")
    return int(found)


def per_joint(value: Any, names: Sequence[str]) -> Known:
    """Return one number for each joint; None for a joint without one.

    Args:
        value: one number, a list with one for each, or numbers by joint name or regular expression.
        names: the joints.
    """
    if isinstance(value, Mapping):
        return tuple(number(matching(value, name)) for name in names)
    if isinstance(value, list | tuple):
        return tuple(number(entry) for entry in value) if len(value) == len(names) else (None,) * len(names)
    return (number(value),) * len(names)


def matching(values: Mapping[Any, Any], name: str) -> Any:
    """Return the value under a joint's name, or under the first expression that matches the whole name, or None."""
    if name in values:
        return values[name]
    for pattern, value in values.items():
        try:
            if re.fullmatch(str(pattern), name):
                return value
        except re.error:
            continue
    return None


def row_names(names: Sequence[str] | None, count: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names for the dimensions, and a note if the file does not say how many there are.

    Args:
        names: the joints, if they are known.
        count: number of action dimensions, if it is known. Names are used only if there are as many.
    """
    if names and count in (None, len(names)):
        return tuple(names), ()
    if count is not None:
        return tuple(str(index) for index in range(count)), ()
    return (EACH,), ("The file does not say how many actions there are; one row stands for each of them.",)


def shown(value: Any) -> str:
    """Return a value for a message, shortened."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
