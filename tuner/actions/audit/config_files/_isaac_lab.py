"""Isaac Lab environment configurations as its training scripts dump them: `params/env.yaml`.

Each entry of `actions` is an action term: processed = offset + scale · action, then clamped to `clip`, a mapping from
joint names (regular expressions) to [low, high]. So the clip is in units of the target, rad for joint positions, and is
converted here to units of the policy's output: (clip − offset) / scale. With `use_default_offset` the offset is the
joint's default position, which `scene.robot.init_state.joint_pos` has. (isaaclab.envs.mdp.actions, 2.2 to 2.3.2)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.actions.audit._partial_targets import Known, PartialTargets
from tuner.actions.audit.config_files._plain_yaml import at_path
from tuner.actions.audit.config_files._settings import ActionSettings, clip_bounds, matching, no_clipping, per_joint
from tuner.errors import UserError

STYLE = "Isaac Lab environment"
_WRAPPERS = (
    "Nothing in Isaac Lab clips actions then, and its wrapper for Stable-Baselines3 declares ±100 (2.2 to 2.3.2; ±1 "
    "since)."
)


@dataclass(frozen=True)
class _Term:
    """One action term, with one entry for each joint or expression."""

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    default: Known
    scale: Known


def read_isaac_lab(data: dict[str, Any], source: str) -> ActionSettings | None:
    """Return the settings of a file in this style, None for a file that is not an Isaac Lab environment.

    Raises:
        UserError: if nothing is clipped, only some terms are, or a clip cannot be read.
    """
    terms = _terms(data)
    managed = any("class_type" in term or "joint_names" in term for term in terms.values())
    if not (managed or ("scene" in data and "action_space" in data)):
        return None
    if not terms:
        raise no_clipping(source, f"It is a direct environment, whose file names no action terms. {_WRAPPERS}")
    unclipped = {name: term for name, term in terms.items() if not term.get("clip")}
    if unclipped:
        listed = ", ".join(f"{name} ({_described(term)})" for name, term in unclipped.items())
        raise no_clipping(source, f"Action terms with 'clip: null': {listed}. {_WRAPPERS}")
    read = [_read_term(name, term, data) for name, term in terms.items()]
    names = tuple(name for term in read for name in term.names)
    patterns = [name for name in names if not _is_literal(name)]
    note = f"Expressions stand for every joint they match: {', '.join(patterns)}."
    return ActionSettings(
        style=STYLE,
        place=", ".join(f"actions.{name}.clip" for name in terms),
        low=tuple(bound for term in read for bound in term.low),
        high=tuple(bound for term in read for bound in term.high),
        joints=PartialTargets(
            names=names,
            default=tuple(value for term in read for value in term.default),
            scale=tuple(value for term in read for value in term.scale),
            lower=(None,) * len(names),
            upper=(None,) * len(names),
        ),
        notes=(note,) if patterns else (),
    )


def _terms(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    actions = data.get("actions")
    if not isinstance(actions, dict):
        return {}
    return {name: term for name, term in actions.items() if isinstance(term, dict)}


def _described(term: dict[str, Any]) -> str:
    kind = str(term.get("class_type", "of unknown type")).replace(":", ".").rpartition(".")[2]
    return f"{kind}, scale {term['scale']}" if "scale" in term else kind


def _read_term(name: str, term: dict[str, Any], data: dict[str, Any]) -> _Term:
    place = f"actions.{name}.clip"
    if not isinstance(term["clip"], Mapping):
        raise UserError(f"{place} is {term['clip']!r}. Isaac Lab's is a mapping from joint names to [low, high].")
    offsets = _positions(data, term) if term.get("use_default_offset") else term.get("offset", 0.0)
    names = _names(term, offsets)
    scale = _known(per_joint(term.get("scale", 1.0), names), names, f"actions.{name}.scale")
    offset = _known(per_joint(offsets, names), names, f"the offset of actions.{name} (its joints' default positions)")
    bounds = [_bounds(*joint, term["clip"], place) for joint in zip(names, scale, offset, strict=True)]
    hidden: Known = (None,) * len(names)
    commands_positions = _described(term).startswith("JointPositionAction")
    return _Term(
        names=names,
        low=tuple(low for low, _ in bounds),
        high=tuple(high for _, high in bounds),
        default=offset if commands_positions else hidden,
        scale=scale if commands_positions else hidden,
    )


def _names(term: dict[str, Any], offsets: Any) -> tuple[str, ...]:
    """Return the names of the joints if the file has them; otherwise the expressions that distinguish them.

    An expression such as `.*` covers narrower ones such as `.*_hip`. So a clip of all joints is split by the joints'
    default positions.
    """
    joints, clips = term.get("joint_names"), [str(key) for key in term["clip"]]
    if isinstance(joints, list) and joints and all(_is_literal(str(joint)) for joint in joints):
        return tuple(str(joint) for joint in joints)
    parts = [offsets, term.get("scale", 1.0)]
    for names in (clips, *([str(key) for key in part] for part in parts if isinstance(part, Mapping))):
        covered = all(matching(term["clip"], name) is not None for name in names)
        if covered and all(None not in per_joint(part, names) for part in parts):
            return tuple(names)
    return tuple(clips)


def _bounds(joint: str, scale: float, offset: float, clips: Mapping[str, Any], place: str) -> tuple[float, float]:
    """Return the bounds of one joint's action, from its clip in units of the target."""
    clip = matching(clips, joint)
    if clip is None:
        raise UserError(f"{place} has no entry that matches {joint}, so that joint is not clipped.")
    if scale <= 0.0:
        raise UserError(f"The scale of {joint} under {place} is {scale:g}; it must be above zero.")
    (low,), (high,) = clip_bounds(clip, 1, f"{place} for {joint}")
    return (low - offset) / scale, (high - offset) / scale


def _positions(data: dict[str, Any], term: dict[str, Any]) -> Any:
    return at_path(data, ("scene", str(term.get("asset_name", "robot")), "init_state", "joint_pos"))


def _known(values: Known, names: tuple[str, ...], what: str) -> tuple[float, ...]:
    """Return the numbers; none may be missing.

    Raises:
        UserError: if one is missing; it names the first joint.
    """
    for name, value in zip(names, values, strict=True):
        if value is None:
            raise UserError(
                f"The clip of an action term is in units of its target, and {what} does not give a number for "
                f"{name}, so the clip cannot be converted to the policy's output."
            )
    return tuple(value for value in values if value is not None)


def _is_literal(name: str) -> bool:
    return name.replace("_", "").replace("-", "").isalnum()
