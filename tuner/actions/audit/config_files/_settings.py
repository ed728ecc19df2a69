"""From what files write as clips, scales and joints to one number per dimension."""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tuner.actions.audit._dimension import MOST_DIMENSIONS
from tuner.actions.audit._partial_targets import Known
from tuner.actions.audit.config_files._answers import EACH, UnclearError, UnclippedError
from tuner.actions.audit.config_files._values import Unknown, shown


def clip_bounds(value: Any, count: int | None, place: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the lower and upper bounds of a clip, as files write it.

    Args:
        value: a number c for ±c, [low, high] for all dimensions, a list of one c or one [low, high] for each.
        count: number of action dimensions; None if it is not known.
        place: path of the value in the file, for errors.

    Returns:
        Bounds for each dimension; for a single one if the number is not known.

    Raises:
        UnclippedError: for bounds that are not finite.
        UnclearError: for values that cannot be computed, anything else, and bounds that are not in order.
    """
    if isinstance(value, list | tuple) and value:
        rows = [value] if _is_pair(value) and count != 2 else list(value)
    else:
        rows = [value]
    pairs = [_pair(row, place) for row in rows]
    if len(pairs) == 1:
        pairs *= count or 1
    if count is not None and len(pairs) != count:
        raise UnclearError(f"{place} has {len(pairs)} values for {count} actions. It needs one, or one for each.")
    return tuple(low for low, _ in pairs), tuple(high for _, high in pairs)


def _is_pair(value: Sequence[Any]) -> bool:
    """Say whether a list of two is [low, high] rather than one ± for each of two dimensions."""
    numbers = [number(entry) for entry in value]
    return len(value) == 2 and numbers[0] is not None and numbers[1] is not None and numbers[0] <= 0.0


def _pair(row: Any, place: str) -> tuple[float, float]:
    unknown = next((part for part in (row if isinstance(row, list) else [row]) if isinstance(part, Unknown)), None)
    if unknown is not None:
        raise UnclearError(
            f"{place} is {shown(row)}, which cannot be computed without running the code.", unknown.place
        )
    half = number(row)
    if half is not None:
        low, high = -half, half
    else:
        ends = [number(entry) for entry in row] if isinstance(row, list | tuple) else []
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            raise UnclearError(
                f"{place} is {shown(row)}, which cannot be read as bounds. They can be a number c (for ±c), "
                "[low, high], or a list with one of these for each action."
            )
        low, high = ends[0], ends[1]
    if not (math.isfinite(low) and math.isfinite(high)):
        raise UnclippedError(f"{place} is {shown(row)}, which is not finite: it clips nothing.")
    if low >= high:
        raise UnclearError(f"{place} is {shown(row)}, which leaves no room: low must be below high, and c above zero.")
    return low, high


def number(value: Any) -> float | None:
    """Return a number, also from a text: YAML 1.1 reads `1e-3` as one. Return None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def finite(value: Any) -> float | None:
    """Return a finite number; None for anything else."""
    found = number(value)
    return found if found is not None and math.isfinite(found) else None


def count_of(value: Any) -> int | None:
    """Return a number of actions; None for anything but a whole number of at least one.

    Raises:
        UnclearError: for more than `MOST_DIMENSIONS`.
    """
    found = number(value)
    if found is None or found < 1 or not found.is_integer():
        return None
    if found > MOST_DIMENSIONS:
        raise UnclearError(
            f"It says that there are {shown(value)} actions; an agent can have at most {MOST_DIMENSIONS}."
        )
    return int(found)


def per_joint(value: Any, names: Sequence[str], missing: float | None = None) -> Known:
    """Return one finite number for each joint; None for a joint without one.

    Args:
        value: one number, a list with one for each, or numbers by joint name or regular expression.
        names: the joints.
        missing: the number of joints that a mapping does not mention.
    """
    if isinstance(value, Mapping):
        found = [matching(value, name) for name in names]
        return tuple(missing if entry is None else finite(entry) for entry in found)
    if isinstance(value, list | tuple):
        return tuple(finite(entry) for entry in value) if len(value) == len(names) else (None,) * len(names)
    return (finite(value),) * len(names)


def matching(values: Mapping[Any, Any], name: str) -> Any:
    """Return the value under a joint's name, or under the first expression that matches the whole name, or None."""
    if name in values:
        return values[name]
    for pattern, value in values.items():
        if matches(str(pattern), name):
            return value
    return None


def matches(pattern: str, name: str) -> bool:
    """Say whether a regular expression matches the whole name; one that is none matches nothing."""
    try:
        return re.fullmatch(pattern, name) is not None
    except (re.error, RecursionError, OverflowError):
        return False


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
