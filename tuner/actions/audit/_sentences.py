"""The sentences of an audit: why the verdict, and what to do."""

from collections.abc import Sequence
from dataclasses import replace

from tuner.actions.audit._dimension import UNIT_ACTION, DimensionAudit

_CLIPPED_SHARE = 1.0 / 3.0
"""A fine box gets a remark for PPO if it clips at least this share of the first actions."""


def describe(dimensions: Sequence[DimensionAudit], worst: DimensionAudit, *, rescaled: bool = False) -> str:
    """Return why the box has its verdict.

    Args:
        dimensions: all of them.
        worst: the dimension that decides the verdict.
        rescaled: whether PPO's sample is clamped to ±1 and then put onto the box.
    """
    if worst.verdict == "fine":
        return _fine(dimensions, worst)
    bad = sum(dimension.verdict == worst.verdict for dimension in dimensions)
    counted = f"{bad} of {len(dimensions)} dimensions {'is' if bad == 1 else 'are'} {worst.verdict}."
    sentences = [
        *([counted] if len(dimensions) > 1 else []),
        f"{_where(dimensions, worst)}{_commands(worst)}{worst.reason}",
        f"Half of them are further than {worst.squashed_median_distance:.3g} from the centre of {_box(worst)}.",
        _ppo(worst, rescaled=rescaled),
    ]
    if worst.target_low_degrees is None:
        sentences.append(
            f"(This assumes that sensible actions lie within ±{UNIT_ACTION:g}, as in tasks made for PPO. If actions "
            "have units of their own and need the whole box, the box is right.)"
        )
    return " ".join(sentences)


def _ppo(worst: DimensionAudit, *, rescaled: bool) -> str:
    beyond = f"{worst.gaussian_beyond_unit:.1%} beyond ±{UNIT_ACTION:g}"
    if not rescaled:
        return f"PPO does not notice: it starts with σ = 1 whatever the box, {beyond}."
    half = (worst.high - worst.low) / 2.0
    return (
        f"Here PPO notices too: its sample is clamped to ±1 and then multiplied by {half:g}, so it starts with "
        f"σ = {half:g}, {beyond}."
    )


def remedy(dimensions: Sequence[DimensionAudit], worst: DimensionAudit) -> str:
    """Return what to do."""
    if worst.verdict == "fine":
        clipped = max(dimension.gaussian_clipped for dimension in dimensions)
        if clipped < _CLIPPED_SHARE:
            return "Nothing: train on this box."
        return (
            f"Nothing for SAC. Up to {clipped:.0%} of PPO's first actions (σ = 1) are clipped at the bounds: "
            "give PPO a smaller initial_std."
        )
    ways = [
        *_joint_limits(dimensions),
        *_fraction(dimensions),
        "bounds measured on a trained policy's actions (tuner bounds)",
    ]
    listed = ways[0] if len(ways) == 1 else f"{', '.join(ways[:-1])}, or {ways[-1]}"
    return f"Give the agent an action box of its own: {listed}."


def _fine(dimensions: Sequence[DimensionAudit], worst: DimensionAudit) -> str:
    if worst.out_of_place == 0.0:
        place = "beyond a joint's range" if worst.squashed_beyond_range is not None else f"beyond ±{UNIT_ACTION:g}"
        return f"No squashed action can lie {place}."
    return f"{_where(dimensions, worst)}{worst.reason} That is few enough for learning."


def _where(dimensions: Sequence[DimensionAudit], worst: DimensionAudit) -> str:
    alike = all(replace(dimension, name=worst.name) == worst for dimension in dimensions)
    return "" if alike else f"Worst, {worst.name}: "


def _commands(worst: DimensionAudit) -> str:
    if worst.target_low_degrees is None:
        return ""
    about = " about the default" if worst.about_default else ""
    targets = f"{worst.target_low_degrees:.0f}° to {worst.target_high_degrees:.0f}°"
    return f"The box commands joint targets of {targets}{about}; "


def _box(dimension: DimensionAudit) -> str:
    return f"{dimension.low:g} … {dimension.high:g}"


def _joint_limits(dimensions: Sequence[DimensionAudit]) -> list[str]:
    bounds = [dimension.joint_bound for dimension in dimensions if dimension.joint_bound is not None]
    if len(bounds) < len(dimensions):
        return []
    least, most = f"±{min(bounds):.3g}", f"±{max(bounds):.3g}"
    return [f"by joint limits, max|limit − default|/scale, {least if least == most else f'{least} to {most}'}"]


def _fraction(dimensions: Sequence[DimensionAudit]) -> list[str]:
    """Return the part within ±3, as a share of the box if that is centred at zero; nothing if the boxes differ."""
    boxes = {(dimension.low, dimension.high) for dimension in dimensions}
    low, high = next(iter(boxes))
    inner = (max(low, -UNIT_ACTION), min(high, UNIT_ACTION))
    if len(boxes) > 1 or inner[0] >= inner[1]:
        return []
    if low == -high:
        return [f"action_bound_fraction: {UNIT_ACTION / high:.2g} (±{UNIT_ACTION:g})"]
    return [f"{inner[0]:g} … {inner[1]:g}"]
