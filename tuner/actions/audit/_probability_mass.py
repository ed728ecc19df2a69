"""How much probability a Gaussian and a squashed Gaussian have in parts of an action box, in closed form.

An untrained PPO draws actions from about N(0, 1) in the task's own units, whatever the box; actions outside are
clipped. An untrained SAC draws z from about N(0, 1) too, but acts c + h·tanh(z) in a box of centre c and half-width h.
As tanh rises strictly, P(c + h·tanh z ≤ a) = Φ(atanh((a − c) / h)), with Φ the normal distribution function.
"""

import math

MEDIAN_DEVIATE = 0.6744897501960817
"""Half of a unit Gaussian is within ± this: Φ⁻¹(3/4)."""


def normal_below(value: float) -> float:
    """Return Φ(value), the share of a unit Gaussian at or below `value`."""
    return 0.5 * math.erfc(-value / math.sqrt(2.0))


def gaussian_outside(low: float, high: float, std: float = 1.0) -> float:
    """Return the share of a Gaussian of mean 0 below `low` or above `high`.

    Args:
        low: may be minus infinity.
        high: not below `low`; may be infinity.
        std: its standard deviation.
    """
    # the upper tail is computed as a lower one, because 1 - Φ would lose digits
    return normal_below(low / std) + normal_below(-high / std)


def squashed_outside(box_low: float, box_high: float, low: float, high: float, std: float = 1.0) -> float:
    """Return the share of a Gaussian of mean 0, squashed onto a box, that lies below `low` or above `high`.

    Args:
        box_low: lower bound of the box.
        box_high: upper bound of the box, above the lower one.
        low: lower end of the region of interest, in the box's units.
        high: its upper end, not below `low`.
        std: standard deviation before squashing.
    """
    return gaussian_outside(_unsquash(low, box_low, box_high), _unsquash(high, box_low, box_high), std)


def squashed_median_distance(box_low: float, box_high: float) -> float:
    """Return the distance from the box's centre beyond which half of a squashed unit Gaussian lies."""
    return (box_high - box_low) / 2.0 * math.tanh(MEDIAN_DEVIATE)


def _unsquash(action: float, box_low: float, box_high: float) -> float:
    """Return the z that is squashed to `action`; it is infinite at and beyond the box's bounds."""
    centre, half = (box_low + box_high) / 2.0, (box_high - box_low) / 2.0
    share = (action - centre) / half
    return math.copysign(math.inf, share) if abs(share) >= 1.0 else math.atanh(share)
