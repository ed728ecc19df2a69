"""Joint targets that actions command, as far as they are known."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuner.errors import UserError

if TYPE_CHECKING:  # importing simulators would load Stable-Baselines3, only to look at a few numbers
    from tuner.simulators import JointTargets

Known = tuple[float | None, ...]


@dataclass(frozen=True)
class PartialTargets:
    """Like `tuner.simulators.JointTargets`, but numbers may be missing (None), as in many configuration files.

    One entry per action dimension, in the order of actions; action a commands default + scale · a, in rad.
    """

    names: tuple[str, ...]
    default: Known
    scale: Known
    lower: Known
    upper: Known


@dataclass(frozen=True)
class JointTarget:
    """The target of one joint."""

    name: str
    default: float | None = None
    scale: float | None = None
    lower: float | None = None
    upper: float | None = None

    def __post_init__(self) -> None:
        """Check the numbers that are there.

        Raises:
            UserError: for numbers that are not finite, a scale of zero, or a lower limit not below the upper one.
        """
        known = {"default": self.default, "scale": self.scale, "lower limit": self.lower, "upper limit": self.upper}
        for what, value in known.items():
            if value is not None and not math.isfinite(value):
                raise UserError(f"Joint '{self.name}' has the {what} {value:g}. Give a finite number, or leave it out.")
        if self.scale == 0.0:
            raise UserError(f"Joint '{self.name}' has the scale 0: its actions command nothing. Give another scale.")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise UserError(
                f"Joint '{self.name}' has the lower limit {self.lower:g}, which is not below the upper one, "
                f"{self.upper:g}. Give the lower one first."
            )


def each_target(joints: "JointTargets | PartialTargets") -> list[JointTarget]:
    """Return the joints one by one."""
    columns = zip(joints.names, joints.default, joints.scale, joints.lower, joints.upper, strict=True)
    return [JointTarget(*values) for values in columns]
