"""What is known of the joint targets that actions command."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing simulators would load Stable-Baselines3 to look at a few numbers
    from tuner.simulators import JointTargets

Known = tuple[float | None, ...]


@dataclass(frozen=True)
class PartialTargets:
    """`tuner.simulators.JointTargets` of which some numbers may be missing (None), as configuration files leave them.

    One entry per action dimension, in the order of actions; action a commands default + scale · a, in rad.
    """

    names: tuple[str, ...]
    default: Known
    scale: Known
    lower: Known
    upper: Known


@dataclass(frozen=True)
class JointTarget:
    """One joint of them."""

    name: str
    default: float | None = None
    scale: float | None = None
    lower: float | None = None
    upper: float | None = None


def each_target(joints: "JointTargets | PartialTargets") -> list[JointTarget]:
    """Return the joints one by one."""
    columns = zip(joints.names, joints.default, joints.scale, joints.lower, joints.upper, strict=True)
    return [JointTarget(*values) for values in columns]
