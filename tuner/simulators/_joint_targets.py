"""What the actions of a position-controlled robot mean."""

import math
from dataclasses import dataclass

from tuner.errors import UserError


@dataclass(frozen=True)
class JointTargets:
    """What the actions of a position-controlled robot mean: action a commands the joint target default + scale · a.

    One entry per action dimension, in the order of actions; angles in rad.
    """

    names: tuple[str, ...]
    default: tuple[float, ...]
    """Joint targets of the action zero, rad; within the limits."""
    scale: tuple[float, ...]
    """rad of joint target per unit of action, above zero."""
    lower: tuple[float, ...]
    """Lower ends of the joints' ranges, rad."""
    upper: tuple[float, ...]
    """Upper ends of the joints' ranges, rad."""

    def __post_init__(self) -> None:
        """Check the numbers.

        Raises:
            UserError: for tuples of different lengths, numbers that are not finite, a range without width, a default
                outside its range, or a scale that is not above zero.
        """
        lengths = {len(self.names), len(self.default), len(self.scale), len(self.lower), len(self.upper)}
        if len(lengths) != 1:
            raise UserError(f"Joint targets need one name, default, scale and range per action, not {sorted(lengths)}.")
        for name, default, scale, lower, upper in zip(
            self.names, self.default, self.scale, self.lower, self.upper, strict=True
        ):
            numbers = f"default {default:g}, scale {scale:g}, range {lower:g} to {upper:g}"
            if not all(math.isfinite(number) for number in (default, scale, lower, upper)):
                raise UserError(f"Joint '{name}' has {numbers}; all must be finite.")
            if not (lower < upper and lower <= default <= upper and scale > 0):
                raise UserError(
                    f"Joint '{name}' has {numbers}; give a lower end below the upper one, a default within the range, "
                    "and a scale above zero."
                )
