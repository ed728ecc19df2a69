"""Clips on the policy's output: `clip_actions` and its relatives, in Python and in YAML.

- legged_gym's classes, and Genesis's dicts: `normalization.clip_actions`, `env_cfg["clip_actions"]`; the target is
  default_joint_angles + action_scale · action (https://github.com/leggedrobotics/legged_gym);
- limits for each joint: `clip_actions_low` and `_high` where `clip_actions_method` is "hard", and the `_lower` and
  `_upper` of deployment files;
- HumanoidVerse: `robot.control.action_clip_value` (https://github.com/LeCAR-Lab/HumanoidVerse);
- RSL-RL under Isaac Lab: `clip_actions` at the top; RL-Games: `params.env.clip_actions`, which its wrapper declares as
  the action space; Isaac Gym: `env.clipActions` with `env.control.actionScale`.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tuner.actions.audit._partial_targets import Known, PartialTargets
from tuner.actions.audit.config_files._answers import (
    EACH,
    ActionSettings,
    Answer,
    NoClipping,
    NotUnderstood,
    UnclearError,
    UnclippedError,
    unnamed,
)
from tuner.actions.audit.config_files._python_values import Class
from tuner.actions.audit.config_files._settings import clip_bounds, count_of, matching, number, per_joint, row_names
from tuner.actions.audit.config_files._values import Found, Section, Unknown, at_path, find_keys, only_value, shown
from tuner.actions.audit.config_files._yaml_files import resolved

_VALUE = ("action_clip_value",)
"""HumanoidVerse's key: where it is, `clip_actions` elsewhere in the file does not count."""
CLIP_KEYS = (*_VALUE, "clip_actions", "clipActions", "action_clip")
_HANDED_ON = re.compile(rf"\b({'|'.join(CLIP_KEYS)})\b")
_METHOD = "clip_actions_method"
_ENDS = (("clip_actions_lower", "clip_actions_upper"), ("clip_actions_low", "clip_actions_high"))
_ANGLES = ("default_joint_angles", "defaultJointAngles", "default_joint_angle", "default_dof_pos", "default_joint_pos")
_SCALE = ("action_scale", "actionScale")
_COUNT = ("num_actions", "numActions", "actions_dim", "action_space")
_HIPS = "hip_scale_reduction"
"""In walk-these-ways and what comes from it, the scale of the hips is multiplied by this."""
_LIMITS = ("dof_pos_lower_limit_list", "dof_pos_upper_limit_list")
_RESCALED = ("action_rescale", "action_scales_by_effort_limit_over_p_gain")
"""Switches with which some projects multiply the scale of each joint by effort limit / stiffness."""
_POSITIONS = (None, "P", "actuator_net", "position")
"""What `control_type` can be where actions are joint targets; the last two are walk-these-ways' and others'."""
_TORQUES = ("powerScale", "power_scale")
_RATES = ("useRelativeControl", "use_relative_control", "dofVelocityScale", "dofSpeedScale", "dof_velocity_scale")
_DIVIDED = re.compile(r"clip_?actions\s*\)?\s*/\s*[\w.\[\]\"']*action_?scale", re.IGNORECASE)


def division(text: str) -> int | None:
    """Return the line of a file that divides the clip by the action scale, as some environments do; None if none."""
    for line, content in enumerate(text.splitlines(), start=1):
        if _DIVIDED.search(content):
            return line
    return None


@dataclass(frozen=True)
class _Clip:
    """A clip: one value, or one that joins the lower and the upper bounds of two keys."""

    found: Found
    value: Any
    notes: tuple[str, ...] = ()


def read_output_clip(root: Section, label: str, find_division: Callable[[], str]) -> Answer | None:
    """Return what `clip_actions` and its relatives say; None if there are none.

    Args:
        root: the settings.
        label: the file, for messages.
        find_division: returns the file and the line that divide the clip by the action scale; empty if none does.
    """
    every = _resolved(root, find_keys(root, _VALUE) or find_keys(root, CLIP_KEYS))
    found = [entry for entry in every if not _is_handed_on(entry)]
    if every and not found:
        reason = f"{every[0].dotted} is {shown(every[0].value)}: it is set elsewhere and only handed on here."
        return NotUnderstood(every[0].place or label, reason, joints=known_joints(root))
    try:
        clip = _clip(root, found)
        if clip is None:
            return None
        names, known = _joints(root, clip)
    except UnclippedError as error:
        return NoClipping(_style(root), _dotted(found), error.line, str(error), known_joints(root))
    except UnclearError as error:
        line = error.line or (found[0].place if found else "") or label
        return NotUnderstood(line, str(error), _style(root), _dotted(found), known_joints(root))
    return _box(root, clip, names, known, find_division, label)


def _box(
    root: Section,
    clip: _Clip,
    names: tuple[str, ...],
    notes: tuple[str, ...],
    find_division: Callable[[], str],
    label: str,
) -> Answer:
    place, line = clip.found.dotted, clip.found.place or label
    joints, more = _targets(root, names)
    try:
        low, high = _bounds(clip, None if names == (EACH,) else names)
        if clip.found.path[-1] in CLIP_KEYS and _one(root, _SCALE) is not None:
            low, high, assumption = _divided(low, high, joints, find_division())
            more += assumption
    except UnclippedError as error:
        return NoClipping(_style(root), place, line, str(error), joints)
    except UnclearError as error:
        return NotUnderstood(error.line or line, str(error), _style(root), place, joints)
    return ActionSettings(
        style=_style(root),
        place=place,
        line=line,
        low=low,
        high=high,
        joints=joints,
        rescaled=_is_rescaled(root, clip),
        notes=(*notes, *clip.notes, *more),
    )


def _resolved(root: Section, found: list[Found]) -> list[Found]:
    """Return clips with references followed."""
    return [Found(entry.path, resolved(root, entry.value), entry.place, entry.owner) for entry in found]


def _is_handed_on(entry: Found) -> bool:
    """Say whether a clip is only handed on from where it is set: `cfg.clip_actions`, an argument of the same name."""
    return isinstance(entry.value, Unknown) and _HANDED_ON.search(entry.value.text) is not None


def _clip(root: Section, found: list[Found]) -> _Clip | None:
    """Return the clip that counts; None if the file has none.

    Raises:
        UnclippedError: if clipping is switched off.
        UnclearError: if it is not said how much is clipped.
    """
    limits = _limits(root)
    if limits is not None:
        return limits
    values = [entry for entry in found if not isinstance(entry.value, bool | None)]
    off = [entry for entry in found if entry.value is None or entry.value is False]
    if values:
        first = only_value(values)
        if first.path[-1] in _VALUE and first.owner.get("clip_actions") is False:
            raise UnclippedError(
                f"{first.dotted} is {shown(first.value)}, but clip_actions beside it is false.", first.place
            )
        return _Clip(first, first.value, _squashes(first))
    if len(off) < len(found):
        switch = next(entry for entry in found if entry.value is True)
        raise UnclearError(
            f"{switch.dotted} is True: a switch. The box is the environment's own, which the file does not have.",
            switch.place,
        )
    if off:
        listed = ", ".join(f"{entry.dotted} is {entry.value}" for entry in off)
        raise UnclippedError(f"Clipping is switched off: {listed}.", off[0].place)
    return None


def _limits(root: Section) -> _Clip | None:
    """Return a clip of lower and upper bounds under two keys, if that is what counts."""
    for lower_key, upper_key in _ENDS:
        lower, upper = find_keys(root, (lower_key,)), find_keys(root, (upper_key,))
        methods = find_keys(root, (_METHOD,))
        by_method = lower_key == "clip_actions_low"
        if by_method and not any(entry.value == "hard" for entry in methods):
            continue
        if lower and upper:
            low, high = only_value(lower), only_value(upper)
            return _Clip(low, _pairs(low, high))
        if by_method:
            raise UnclearError(
                f"{methods[0].dotted} is 'hard': the limits are the robot's joints' own, which are not in the file.",
                methods[0].place,
            )
    return None


def _pairs(low: Found, high: Found) -> Any:
    for end in (low, high):
        if isinstance(end.value, Unknown):
            raise UnclearError(f"{end.dotted} is {shown(end.value)}, which cannot be computed.", end.value.place)
    if not (isinstance(low.value, list) and isinstance(high.value, list)):
        return [low.value, high.value]
    if len(low.value) != len(high.value):
        raise UnclearError(
            f"{low.dotted} has {len(low.value)} values and {high.dotted} {len(high.value)}; they need as many.",
            low.place,
        )
    return [list(pair) for pair in zip(low.value, high.value, strict=True)]


def _squashes(first: Found) -> tuple[str, ...]:
    """Return a note if the environment squashes the policy's output itself.

    Raises:
        UnclearError: for a method that is not known.
    """
    method = first.owner.get(_METHOD)
    if method is None:
        return ()
    if method == "tanh":
        return (
            f"{_METHOD} is 'tanh': the environment squashes the policy's output itself, so SAC would squash twice.",
        )
    raise UnclearError(f"{_METHOD} is {shown(method)}, a way to clip that is not known.", first.owner.places[_METHOD])


def _joints(root: Section, clip: _Clip) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the joints, and a note if their number is not in the file."""
    count = _count(root)
    if count is None and isinstance(clip.value, list) and len(clip.value) != 2:
        count = len(clip.value)
    if isinstance(clip.value, list) and len(clip.value) == 2 and isinstance(clip.value[0], list):
        count = 2
    names = _names(root)
    if names is None and count is None and isinstance(clip.value, Mapping):
        names = [str(name) for name in clip.value]
    return row_names(names, count)


def _count(root: Section) -> int | None:
    count = count_of(_one(root, _COUNT))
    if count is not None:
        return count
    lists = [value for keys in (_SCALE, _ANGLES) if isinstance(value := _one(root, keys), list)]
    return len(lists[0]) if lists else None


def _names(root: Section) -> list[str] | None:
    listed, angles = _one(root, ("dof_names",)), _one(root, _ANGLES)
    names = listed if isinstance(listed, list) else list(angles) if isinstance(angles, Mapping) else None
    return [str(name) for name in names] if names else None


def known_joints(root: Section) -> PartialTargets:
    """Return the joints of a file whose clip is not known, as far as they are known themselves."""
    try:
        names, _ = row_names(_names(root), _count(root))
    except UnclearError:
        return unnamed(0)
    joints, _ = _targets(root, names)
    return PartialTargets(names, joints.default, per_joint(_one(root, _SCALE), names), joints.lower, joints.upper)


def _bounds(clip: _Clip, names: tuple[str, ...] | None) -> tuple[tuple[float, ...], tuple[float, ...]]:
    value, place = clip.value, clip.found.dotted
    if isinstance(value, Unknown):
        raise UnclearError(
            f"{place} is {shown(value)}, which cannot be computed without running the code.", value.place
        )
    if isinstance(value, Mapping) and names is not None:
        value = [matching(value, name) for name in names]
    return clip_bounds(value, None if names is None else len(names), place)


def _divided(
    low: tuple[float, ...], high: tuple[float, ...], joints: PartialTargets, divided_at: str
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[str, ...]]:
    """Return the box where an environment divides the clip by the action scale, with a note; or what is assumed."""
    known = [scale for scale in joints.scale if scale]
    if len(known) < len(joints.scale):
        if divided_at:
            raise UnclearError(f"{divided_at} divides the clip by the action scale, which could not be read.")
        return low, high, ()
    wide = tuple(end / scale for end, scale in zip(low, known, strict=True))
    wider = tuple(end / scale for end, scale in zip(high, known, strict=True))
    if divided_at:
        note = f"{divided_at} divides the clip by the action scale, so the box is {wide[0]:g} … {wider[0]:g}."
        return wide, wider, (note,)
    if wide == low:
        return low, high, ()
    note = (
        "This assumes that the environment clips the policy's output itself, as legged_gym's does; some environments "
        f"divide the clip by the action scale, and then the box is {wide[0]:g} … {wider[0]:g}."
    )
    return low, high, (note,)


def _targets(root: Section, names: tuple[str, ...]) -> tuple[PartialTargets, tuple[str, ...]]:
    """Return what the actions command, and notes on why they are no joint targets if they are not."""
    nothing: Known = (None,) * len(names)
    angles = _one(root, _ANGLES)
    scale = _scales(root, names)
    why = _no_targets(root, scale)
    notes = (f"{why} no joint targets are shown.",) if why else ()
    scale = nothing if why else scale
    named = names != (EACH,) and not all(name.isdigit() for name in names)
    default = (
        per_joint(angles, names) if isinstance(angles, list) or (isinstance(angles, Mapping) and named) else nothing
    )
    lower, upper = (_range_ends(root, key, names) for key in _LIMITS)
    return PartialTargets(names, default, scale, lower, upper), notes


def _scales(root: Section, names: tuple[str, ...]) -> Known:
    scale = per_joint(_one(root, _SCALE), names)
    hips = number(_one(root, (_HIPS,)))
    if hips is None:
        return scale
    return tuple(
        step * hips if step is not None and "hip" in name.lower() else step
        for name, step in zip(names, scale, strict=True)
    )


def _no_targets(root: Section, scale: Known) -> str:
    """Return why actions are no joint targets; an empty text if they may be."""
    for switch in _RESCALED:
        if _one(root, (switch,)) is True:
            return "The scale of each joint depends on effort limit and stiffness;"
    for key in _RATES:
        if _one(root, (key,)) not in (None, False):
            return f"With {key}, actions are rates;"
    for key in _TORQUES:
        if _one(root, (key,)) is not None:
            return f"With {key}, actions are torques;"
    hips = number(_one(root, (_HIPS,)))
    if hips not in (None, 1.0) and len(set(scale)) <= 1:
        return f"{_HIPS} is {hips:g}, but the file does not name the hips;"
    kind = _one(root, ("control_type", "controlType"))
    if kind not in _POSITIONS:
        return f"control_type is {shown(kind)}, so actions are no joint positions;"
    turning = next((entry for entry in scale if entry is not None and abs(entry) > math.pi), None)
    if turning is not None:
        turn = math.degrees(abs(turning))
        return (
            f"A scale of {turning:g} would turn a joint by {turn:.0f}° per unit, so it is that of a rate or a torque;"
        )
    return ""


def _range_ends(root: Section, key: str, names: tuple[str, ...]) -> Known:
    """Return one end of the joints' ranges, which HumanoidVerse's files list in the order of `dof_names`."""
    values, listed = _one(root, (key,)), _one(root, ("dof_names",))
    if not isinstance(values, list) or not isinstance(listed, list) or list(names) != [str(name) for name in listed]:
        return (None,) * len(names)
    return per_joint(values, names)


def _is_rescaled(root: Section, clip: _Clip) -> bool:
    """Say whether RL-Games clamps the sample and multiplies it; `config.clip_actions: False` switches that off."""
    config = at_path(root, ("params", "config"))
    below_env = clip.found.path[:2] == ("params", "env")
    return below_env and isinstance(config, Section) and config.get("clip_actions", True) is not False


def _style(root: Section) -> str:
    if find_keys(root, _VALUE):
        return "humanoidverse YAML"
    if isinstance(root, Class):
        return "legged_gym class"
    return "Python settings" if root.kind or any(".py:" in place for place in root.places.values()) else "training YAML"


def _dotted(found: list[Found]) -> str:
    return ", ".join(entry.dotted for entry in found)


def _one(root: Section, keys: tuple[str, ...]) -> Any:
    """Return the value under one of `keys`, if all that are not empty are the same; otherwise None."""
    values = [resolved(root, found.value) for found in find_keys(root, keys)]
    values = [value for value in values if value is not None]
    return values[0] if values and all(_same(value, values[0]) for value in values) else None


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) or (number(value) is not None and number(value) == number(other))
