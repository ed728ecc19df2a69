"""Metrics of a user's own environment: keys of its `info` that it names in an attribute `metrics`."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import gymnasium as gym
import numpy as np
import numpy.typing as npt

from tuner.errors import UserError

ATTRIBUTE = "metrics"
"""Where an environment, or a wrapper around it, names its metrics."""
_EXAMPLE = 'Write the keys of info as texts, such as metrics = ("x_velocity",).'


def named_metrics(name: str, env: gym.Env[Any, Any]) -> tuple[str, ...]:
    """Return the keys of `info` that an environment names; those of its outermost wrapper that names any.

    An attribute of that name which is neither a list nor a tuple nor text serves the environment for something else.

    Args:
        name: the environment, for messages.
        env: the environment in its wrappers.

    Raises:
        UserError: if they are not texts, or one is named twice.
    """
    given: Any = None
    with suppress(Exception):  # there is none, or a property that cannot be read yet
        given = env.get_wrapper_attr(ATTRIBUTE)
    if isinstance(given, str):
        raise UserError(f"{name} has the text {given!r} as {ATTRIBUTE}. {_EXAMPLE}")
    if not isinstance(given, list | tuple):
        return ()
    for key in given:
        if not isinstance(key, str) or not key.strip():
            raise UserError(f"{name} has {key!r} among its {ATTRIBUTE}. {_EXAMPLE}")
    if len(set(given)) < len(given):
        raise UserError(f"{name} names a key twice in its {ATTRIBUTE}: {', '.join(given)}. Name each once.")
    return tuple(given)


def measured(names: Sequence[str], infos: Sequence[Mapping[str, Any]]) -> dict[str, npt.NDArray[np.float64]]:
    """Return each metric of all robots, shape (robots,), NaN where an info does not have it.

    Args:
        names: keys of the infos.
        infos: one for each robot.

    Raises:
        UserError: if a metric is not a number.
    """
    return {name: _numbers(name, [info.get(name, np.nan) for info in infos]) for name in names}


def _numbers(name: str, given: list[Any]) -> npt.NDArray[np.float64]:
    """Return values as an array. They are only looked at one by one if NumPy does not take all of them as numbers."""
    with suppress(Exception):  # such as arrays of several shapes
        array = np.array(given)
        if array.shape == (len(given),) and array.dtype.kind in "fiub":
            return array.astype(np.float64)
    for value in given:
        if not _is_number(value):
            raise UserError(
                f"The metric '{name}' is {_shown(value)}, but a metric is one number. Put a float into "
                f"info['{name}'], or leave the key out of info in steps in which there is nothing to measure."
            )
    return np.array([float(value) for value in given])


def _is_number(value: Any) -> bool:
    try:
        array = np.asarray(value)
    except Exception:  # such as lists of several lengths
        return False
    return array.shape == () and (array.dtype.kind in "fiub" or isinstance(value, int))


def _shown(value: Any) -> str:
    return f"an array of shape {value.shape}" if isinstance(value, np.ndarray) else repr(value)
