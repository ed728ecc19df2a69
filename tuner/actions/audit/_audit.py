"""Whether a squashed Gaussian can learn in an action box: where its actions lie, and what they command."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tuner.actions.audit._dimension import DimensionAudit, Verdict, audit_dimension
from tuner.actions.audit._partial_targets import JointTarget, PartialTargets, each_target
from tuner.actions.audit._sentences import describe, remedy
from tuner.errors import UserError

if TYPE_CHECKING:
    from tuner.config import TaskConfig
    from tuner.simulators import JointTargets


@dataclass(frozen=True)
class Audit:
    """The audit of an action box; the box is as bad as its worst dimension."""

    dimensions: tuple[DimensionAudit, ...]
    verdict: Verdict
    reason: str
    """Why the box has this verdict, in sentences."""
    remedy: str
    """What to do about it, in sentences."""

    def to_json(self) -> dict[str, Any]:
        """Return everything as a JSON-safe dictionary."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "remedy": self.remedy,
            "dimensions": [dimension.to_json() for dimension in self.dimensions],
        }


def audit_box(
    low: Sequence[float],
    high: Sequence[float],
    joints: "JointTargets | PartialTargets | None" = None,
    *,
    rescaled: bool = False,
) -> Audit:
    """Judge an action box.

    Args:
        low: lower bounds, shape (action_dim,), in the task's units.
        high: upper bounds, shape (action_dim,).
        joints: what the actions command, if they are joint targets.
        rescaled: whether the policy's sample is clamped to ±1 and then put onto the box, as RL-Games does.

    Raises:
        UserError: for no dimensions, bounds that are not finite, lengths that differ, or low ≥ high.
    """
    lows, highs = [float(bound) for bound in low], [float(bound) for bound in high]
    targets = [JointTarget(str(index)) for index in range(len(lows))] if joints is None else each_target(joints)
    _check(lows, highs, targets)
    rows = zip(lows, highs, targets, strict=True)
    dimensions = tuple(audit_dimension(*row, rescaled=rescaled) for row in rows)
    worst = max(dimensions, key=lambda dimension: dimension.out_of_place)
    return Audit(dimensions, worst.verdict, describe(dimensions, worst, rescaled=rescaled), remedy(dimensions, worst))


def _check(lows: list[float], highs: list[float], targets: list[JointTarget]) -> None:
    if not lows or len(lows) != len(highs) or len(lows) != len(targets):
        raise UserError(
            f"The action box has {len(lows)} lower and {len(highs)} upper bounds for {len(targets)} dimensions. "
            "It needs one pair of bounds for each dimension, and at least one dimension."
        )
    for low, high, target in zip(lows, highs, targets, strict=True):
        if not (math.isfinite(low) and math.isfinite(high)):
            raise UserError(_not_finite(low, high, target))
        if low >= high:
            raise UserError(
                f"In dimension {target.name} the lower bound {low:g} is not below the upper bound {high:g}. "
                "Give the lower one first."
            )


def _not_finite(low: float, high: float, target: JointTarget) -> str:
    found = f"The action box is not finite: dimension {target.name} has the bounds {low:g} and {high:g}."
    advice = (
        "SAC cannot squash onto such a box, so a wrapper replaces it by a finite one (Isaac Lab's for "
        "Stable-Baselines3: ±100 up to 2.3.2). Audit that one: tuner audit --box -100 100 --dims 12."
    )
    return f"{found} {advice}"


def audit_task(task: "TaskConfig", say: Callable[[str], None] = lambda _: None) -> Audit:
    """Open a task, judge its action box, and close it.

    Args:
        task: what to open.
        say: as for `open_task`.

    Raises:
        UserError: as `open_task` and `audit_box` do.
    """
    from tuner.simulators import open_task

    env = open_task(task, seed=0, threads=1, say=say)
    try:
        space, joints = env.action_space, env.joint_targets
    finally:
        env.close()
    return audit_box(space.low.tolist(), space.high.tolist(), joints)
