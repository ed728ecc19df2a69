"""One dimension of an action box: where the first actions lie, what they command, and the verdict."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tuner.actions.audit._partial_targets import JointTarget
from tuner.actions.audit._probability_mass import gaussian_outside, squashed_median_distance, squashed_outside

Verdict = Literal["fine", "wide", "hopeless"]

UNIT_ACTION = 3.0
"""A Gaussian of σ = 1 explores actions within ± this (all but 0.27 %), and tasks made for PPO are scaled for them: the
2.5 and 97.5 percentiles of a trained PPO on the A1's flat task lie between −2.6 and 3.8."""
FINE_SHARE = 1.0 / 3.0
"""A dimension is fine if at most this share of the first squashed actions is out of place: beyond the joint's range or,
if that is not known, beyond ± `UNIT_ACTION`. The number comes from what trains on the A1's flat task: the boxes ±3 (3 %
of the declared one) and max|limit − default|/scale, which have at most 0.15 and 0.30 there; ±5 has 0.44, and robots
kept falling. Without joint limits, ±4 is the widest fine box."""
HOPELESS_SHARE = 0.9
"""A dimension is hopeless from this share on: one action in ten makes sense, and with two such dimensions one in a
hundred. The A1's ±100, on which SAC stayed far below zero, has 0.91 or more in every joint. Without joint limits, ±24
is the narrowest hopeless box."""

MOST_DIMENSIONS = 10_000
"""No agent has more actions than this; a greater number is a mistake and would only fill the memory."""


@dataclass(frozen=True)
class DimensionAudit:
    """The numbers. Shares are between 0 and 1; angles are in degrees, None if not known or if there is no joint."""

    name: str
    """The joint's name, or the dimension's number."""
    low: float
    high: float
    gaussian_beyond_unit: float
    """Share of PPO's first actions beyond ±3; they come from N(0, 1), or from that times the box's half width."""
    gaussian_clipped: float
    """Share of PPO's first actions that the box clips."""
    squashed_beyond_unit: float
    """Share of the squashed Gaussian beyond ±3: where SAC starts."""
    squashed_median_distance: float
    """Half of the squashed Gaussian is further than this from the box's centre."""
    target_low_degrees: float | None
    """The lowest joint target that the box commands: absolute, or relative to the default if `about_default`."""
    target_high_degrees: float | None
    about_default: bool
    """Whether targets are relative to a default position that is not known."""
    range_low_degrees: float | None
    """Lower end of the joint's range."""
    range_high_degrees: float | None
    squashed_beyond_range: float | None
    """Share of the squashed Gaussian that commands targets beyond the joint's range."""
    joint_bound: float | None
    """max|limit − default| / scale: the narrowest box ± this about zero that commands the joint's whole range."""

    @property
    def out_of_place(self) -> float:
        """The share of the first squashed actions that decides the verdict."""
        return self.squashed_beyond_unit if self.squashed_beyond_range is None else self.squashed_beyond_range

    @property
    def verdict(self) -> Verdict:
        """How bad that share is."""
        if self.out_of_place <= FINE_SHARE:
            return "fine"
        return "wide" if self.out_of_place < HOPELESS_SHARE else "hopeless"

    @property
    def reason(self) -> str:
        """What is out of place, as a sentence."""
        share = f"{self.out_of_place:.1%} of the first squashed actions"
        if self.squashed_beyond_range is None:
            return f"{share} lie beyond ±{UNIT_ACTION:g}."
        ends = f"{self.range_low_degrees:.0f}° to {self.range_high_degrees:.0f}°"
        return f"{share} command targets beyond the joint's range of {ends}."

    def to_json(self) -> dict[str, Any]:
        """Return everything as a JSON-safe dictionary."""
        return {**asdict(self), "out_of_place": self.out_of_place, "verdict": self.verdict, "reason": self.reason}


def audit_dimension(low: float, high: float, joint: JointTarget, *, rescaled: bool = False) -> DimensionAudit:
    """Judge one dimension; `low` and `high` are finite, and `low` is the smaller one.

    Args:
        low: lower bound.
        high: upper bound.
        joint: what the actions command.
        rescaled: whether PPO's sample is clamped to ±1 and then put onto the box, as RL-Games does.
    """
    range_degrees = beyond_range = bound = None
    if joint.lower is not None and joint.upper is not None:
        range_degrees = (math.degrees(joint.lower), math.degrees(joint.upper))
        if joint.default is not None and joint.scale is not None:
            # sorted, as a negative scale turns the joint the other way
            ends = sorted((limit - joint.default) / joint.scale for limit in (joint.lower, joint.upper))
            beyond_range = squashed_outside(low, high, *ends)
            bound = max(abs(end) for end in ends)
    targets = _target_degrees(low, high, joint)
    centre, std = ((low + high) / 2.0, (high - low) / 2.0) if rescaled else (0.0, 1.0)
    return DimensionAudit(
        name=joint.name,
        low=low,
        high=high,
        gaussian_beyond_unit=gaussian_outside(-UNIT_ACTION - centre, UNIT_ACTION - centre, std),
        gaussian_clipped=gaussian_outside(low - centre, high - centre, std),
        squashed_beyond_unit=squashed_outside(low, high, -UNIT_ACTION, UNIT_ACTION),
        squashed_median_distance=squashed_median_distance(low, high),
        target_low_degrees=targets[0] if targets else None,
        target_high_degrees=targets[1] if targets else None,
        about_default=joint.scale is not None and joint.default is None,
        range_low_degrees=range_degrees[0] if range_degrees else None,
        range_high_degrees=range_degrees[1] if range_degrees else None,
        squashed_beyond_range=beyond_range,
        joint_bound=bound,
    )


def _target_degrees(low: float, high: float, joint: JointTarget) -> list[float] | None:
    if joint.scale is None:
        return None
    return sorted(math.degrees((joint.default or 0.0) + joint.scale * action) for action in (low, high))
