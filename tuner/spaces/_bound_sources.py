"""Action bounds of an agent: the study's bounds file, a share of the task's own box, or a parameter that chooses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from tuner.config import ActionBoundsFile, BoundsSource
from tuner.errors import UserError, unknown_name

ACTION_BOUNDS_SOURCES: tuple[BoundsSource, ...] = ("percentiles", "joint_limits", "fraction")
"""Every source, from what usually gives the tightest box to what can give the widest."""
FRACTION = "action_bound_fraction"
SOURCE = "action_bounds_source"
PERCENTILES = "action_bounds_percentiles"

_Choice = TypeVar("_Choice")


class BoundsSuggester(Protocol):
    """The part of a `SpaceTrial` that suggests bounds."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """Suggest a number."""
        ...

    def suggest_ordinal(self, name: str, choices: Sequence[_Choice]) -> _Choice:
        """Suggest one of several values that have an order."""
        ...


@dataclass(frozen=True)
class SuggestedBounds:
    """The bounds of one trial."""

    arguments: dict[str, Any]
    """The argument of `AgentConfig` that gives them: `action_box` or `action_bound_fraction`."""
    own: dict[str, Any]
    """Parameters that give the bounds file's own box; empty if its box is not sampled."""


def suggest_bounds(
    trial: BoundsSuggester,
    bounds: ActionBoundsFile | None,
    sources: Sequence[BoundsSource],
    fraction: tuple[float, float],
) -> SuggestedBounds:
    """Suggest the bounds; see `SpaceTrial.suggest_action_bounds`."""
    for source in sources:
        if source not in ACTION_BOUNDS_SOURCES:
            raise unknown_name("source of action bounds", source, ACTION_BOUNDS_SOURCES)
    if bounds is None:
        return SuggestedBounds({FRACTION: trial.suggest_float(FRACTION, *fraction, log=True)}, {})
    if not sources:
        return SuggestedBounds({"action_box": bounds.box}, {})
    # Every trial asks for every parameter, even if it has no effect there: samplers model a fixed set best.
    offered = _offered(bounds, sources)
    choices = {source: _suggest_from(source, trial, bounds, fraction) for source in offered}
    chosen = trial.suggest_ordinal(SOURCE, offered) if len(offered) > 1 else offered[0]
    return SuggestedBounds(choices[chosen], _own_parameters(bounds, offered))


def _offered(bounds: ActionBoundsFile, sources: Sequence[BoundsSource]) -> list[BoundsSource]:
    """Return the sources that the bounds file has numbers for."""
    missing = set()
    if not bounds.boxes_by_percentiles:
        missing.add("percentiles")
    if bounds.joint_limit_box is None:
        missing.add("joint_limits")
    offered = [source for source in sources if source not in missing]
    if not offered:
        raise UserError(
            f"The search space samples its action bounds from {', '.join(sources)}, but the study's bounds file has "
            "numbers for none of them. Make one from a recording; joint_limits needs a task whose actions are joint "
            "targets."
        )
    return offered


def _suggest_from(
    source: BoundsSource, trial: BoundsSuggester, bounds: ActionBoundsFile, fraction: tuple[float, float]
) -> dict[str, Any]:
    if source == "fraction":
        return {FRACTION: trial.suggest_float(FRACTION, *fraction, log=True)}
    if source == "joint_limits":
        return {"action_box": bounds.joint_limit_box}
    boxes = list(bounds.boxes_by_percentiles.values())
    return {"action_box": trial.suggest_ordinal(PERCENTILES, boxes) if len(boxes) > 1 else boxes[0]}


def _own_parameters(bounds: ActionBoundsFile, offered: Sequence[BoundsSource]) -> dict[str, Any]:
    own: dict[str, Any] = {}
    if len(offered) > 1:
        own[f"{SOURCE}_index"] = offered.index(bounds.source) if bounds.source in offered else 0
    pairs = list(bounds.boxes_by_percentiles)
    if "percentiles" in offered and len(pairs) > 1:
        widest = len(pairs) - 1
        own[f"{PERCENTILES}_index"] = pairs.index(bounds.percentiles) if bounds.percentiles in pairs else widest
    if "fraction" in offered and bounds.fraction is not None:
        own[FRACTION] = bounds.fraction
    return own
