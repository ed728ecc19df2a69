"""From recorded actions, joint limits or a share of the task's box to a bounds file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tuner.actions._recording import Recording
from tuner.config import (
    ActionBoundsFile,
    ActionBox,
    AgentConfig,
    BoundsOrigin,
    BoundsSource,
    BoundsTask,
    PercentileBox,
    TaskConfig,
    check_percentiles,
    dump_bounds,
)
from tuner.errors import UserError
from tuner.resources import write_whole
from tuner.simulators import JointTargets

STANDARD_PERCENTILES = ((10.0, 90.0), (5.0, 95.0), (2.5, 97.5), (1.0, 99.0), (0.5, 99.5))
"""Written to every bounds file made from a recording, so that search spaces can choose among them."""
DEFAULT_PERCENTILES = (2.5, 97.5)
_DIGITS = 6
"""Significant digits in the file; float32 has seven."""


@dataclass(frozen=True)
class BoundsRequest:
    """What `low` and `high` of the bounds file are."""

    source: BoundsSource = "percentiles"
    percentiles: tuple[float, float] = DEFAULT_PERCENTILES
    fraction: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            UserError: for percentiles that are not two numbers from 0 to 100 in order, a fraction outside (0, 1], or a
                source without its number.
        """
        check_percentiles(self.percentiles)
        if self.source == "fraction" and self.fraction is None:
            raise UserError("A share of the task's box needs a number: add --fraction 0.03.")
        if self.fraction is not None and not 0 < self.fraction <= 1:
            raise UserError(f"--fraction {self.fraction:g}: give a share of the task's box, above 0 and at most 1.")


def percentile_box(recording: Recording, percentiles: tuple[float, float]) -> ActionBox:
    """Return the box between two percentiles of the task's actions in each dimension, linearly interpolated.

    Raises:
        UserError: if a dimension hardly varies, so that both percentiles are the same number.
    """
    lows, highs = _percentile_ends(recording, percentiles)
    for name, a, b in zip(recording.dimension_names, lows, highs, strict=True):
        if a >= b:
            raise UserError(
                f"The percentiles {percentiles[0]:g} and {percentiles[1]:g} of the actions in dimension {name} are "
                f"both {a:g}: the policy hardly moves it. Record more steps, or take wider percentiles."
            )
    return ActionBox(low=lows, high=highs)


def joint_limit_box(joints: JointTargets) -> ActionBox:
    """Return the smallest box about zero that can command every joint target within the limits.

    For each joint it is ± max |limit − default| / scale.
    """
    default = np.asarray(joints.default)
    farthest = np.maximum(np.abs(np.asarray(joints.lower) - default), np.abs(np.asarray(joints.upper) - default))
    reach = _rounded(farthest / np.asarray(joints.scale))
    return ActionBox(low=tuple(-value for value in reach), high=reach)


def fraction_box(low: Sequence[float], high: Sequence[float], fraction: float) -> ActionBox:
    """Return a share of the task's own box about its centre.

    Raises:
        UserError: if the box is not finite.
    """
    box = AgentConfig(algorithm="sac", action_bound_fraction=fraction).resolved(low, high).action_box
    if box is None:
        raise UserError("The share of the task's box could not be resolved.")
    return ActionBox(low=_rounded(box.low), high=_rounded(box.high))


def bounds_from_task(
    task: TaskConfig, low: Sequence[float], high: Sequence[float], joints: JointTargets | None, request: BoundsRequest
) -> ActionBoundsFile:
    """Return bounds that need no recording.

    Args:
        task: the task.
        low: lower ends of its own box, shape (d,).
        high: upper ends, shape (d,).
        joints: what its actions command, if known.
        request: what the bounds are; not percentiles.

    Raises:
        UserError: if the task does not have what the request needs.
    """
    limits = None if joints is None else joint_limit_box(joints)
    if request.source == "joint_limits" and limits is None:
        raise UserError(
            f"{task.id} does not say which joint targets its actions command, so there are no joint limits to take "
            "bounds from. Use --source percentiles or --source fraction."
        )
    if request.source == "fraction" and request.fraction is not None:
        box = fraction_box(low, high, request.fraction)
    elif request.source == "joint_limits" and limits is not None:
        box = limits
    else:
        raise UserError("Percentiles need recorded actions. Give a trial's folder or a recording, or --pretrain ppo.")
    return ActionBoundsFile(
        task=BoundsTask(id=task.id, simulator=task.simulator),
        source=request.source,
        fraction=request.fraction if request.source == "fraction" else None,
        low=box.low,
        high=box.high,
        joint_limits=None if request.source == "joint_limits" else limits,
    )


def bounds_from_recording(recording: Recording, request: BoundsRequest, *, policy: str) -> ActionBoundsFile:
    """Return bounds, and the other boxes that can be computed from the recording.

    Args:
        recording: a policy's actions.
        request: what the bounds are.
        policy: where the recording comes from, for readers of the file.

    Raises:
        UserError: if the recording does not have what the request needs.
    """
    if request.source == "percentiles":
        box = percentile_box(recording, request.percentiles)
        limits = None if recording.joints is None else joint_limit_box(recording.joints)
        found = ActionBoundsFile(
            task=BoundsTask(id=recording.task.id, simulator=recording.task.simulator),
            source="percentiles",
            percentiles=request.percentiles,
            low=box.low,
            high=box.high,
            joint_limits=limits,
        )
    else:
        low, high = recording.task_low.tolist(), recording.task_high.tolist()
        found = bounds_from_task(recording.task, low, high, recording.joints, request)
    origin = BoundsOrigin(
        policy=policy,
        algorithm=recording.algorithm if recording.policy == "trained" else f"untrained {recording.algorithm}",
        deterministic=recording.deterministic,
        samples=len(recording.samples),
    )
    return found.model_copy(update={"percentile_boxes": _standard_boxes(recording), "origin": origin})


def write_bounds(bounds: ActionBoundsFile, path: Path) -> None:
    """Write a bounds file, whole or not at all; a file of that name is replaced."""
    text = f"# Action bounds for {bounds.task.id}; in a study file: action_bounds: {path.name}\n{dump_bounds(bounds)}"
    write_whole(path, lambda file: file.write(text.encode()))


def _standard_boxes(recording: Recording) -> tuple[PercentileBox, ...]:
    """Return the standard boxes that have a width in every dimension."""
    found = []
    for percentiles in STANDARD_PERCENTILES:
        lows, highs = _percentile_ends(recording, percentiles)
        if all(a < b for a, b in zip(lows, highs, strict=True)):
            found.append(PercentileBox(percentiles=percentiles, low=lows, high=highs))
    return tuple(found)


def _percentile_ends(
    recording: Recording, percentiles: tuple[float, float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return two percentiles of the task's actions in each dimension, rounded; they may be the same number."""
    low, high = np.percentile(recording.samples, percentiles, axis=0)
    return _rounded(low), _rounded(high)


def _rounded(values: Sequence[float] | np.ndarray) -> tuple[float, ...]:
    return tuple(float(f"{float(value):.{_DIGITS}g}") + 0.0 for value in values)
