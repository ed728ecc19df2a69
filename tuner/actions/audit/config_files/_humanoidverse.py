"""HumanoidVerse's robot configurations, and those of projects built on it: `robot.control.action_clip_value`.

The clip is on the policy's output; the target is default_joint_angles + action_scale · action. Values may be Hydra
references into the same file. (https://github.com/LeCAR-Lab/HumanoidVerse)
"""

from typing import Any

from tuner.actions.audit._partial_targets import Known, PartialTargets
from tuner.actions.audit.config_files._plain_yaml import at_path, find_keys, only_value, resolved
from tuner.actions.audit.config_files._settings import (
    ActionSettings,
    clip_bounds,
    count_of,
    no_clipping,
    per_joint,
    row_names,
)

STYLE = "humanoidverse YAML"
_RESCALED = ("action_rescale", "action_scales_by_effort_limit_over_p_gain")
"""Switches with which some projects multiply the scale of each joint by effort limit / stiffness."""


def read_humanoidverse(data: dict[str, Any], source: str) -> ActionSettings | None:
    """Return the settings of a file in this style, None for a file without `action_clip_value`.

    Raises:
        UserError: if the clip cannot be read, is switched off, or several differ.
    """
    found = find_keys(data, ("action_clip_value",))
    if not found:
        return None
    path, clip = only_value(data, found, source)
    place = ".".join(path)
    control = at_path(data, path[:-1]) or {}
    robot = at_path(data, path[:-2]) or {}
    if clip is None or control.get("clip_actions") is False:
        why = f"{place} is null." if clip is None else f"{place} is {clip!r}, but clip_actions beside it is false."
        raise no_clipping(source, why)
    listed, count = resolved(data, robot.get("dof_names")), count_of(resolved(data, robot.get("actions_dim")))
    angles = resolved(data, at_path(robot, ("init_state", "default_joint_angles")))
    joints = listed if isinstance(listed, list) else list(angles) if isinstance(angles, dict) else None
    names, notes = row_names([str(name) for name in joints] if joints else None, count)
    low, high = clip_bounds(clip, None if len(names) == 1 and notes else len(names), place)
    scale: Known = per_joint(resolved(data, control.get("action_scale")), names)
    if any(control.get(switch) for switch in _RESCALED):
        scale = (None,) * len(names)
        notes += ("The scale of each joint depends on effort limit and stiffness; no joint targets are shown.",)
    return ActionSettings(
        style=STYLE,
        place=place,
        low=low,
        high=high,
        joints=PartialTargets(
            names=names,
            default=per_joint(angles, names) if isinstance(angles, dict) else (None,) * len(names),
            scale=scale if control.get("control_type", "P") == "P" else (None,) * len(names),
            lower=_limits(data, robot, "dof_pos_lower_limit_list", names),
            upper=_limits(data, robot, "dof_pos_upper_limit_list", names),
        ),
        notes=notes,
    )


def _limits(data: dict[str, Any], robot: dict[str, Any], key: str, names: tuple[str, ...]) -> Known:
    """Return one end of the joints' ranges, which the file lists in the order of `dof_names`."""
    values, listed = resolved(data, robot.get(key)), resolved(data, robot.get("dof_names"))
    if not isinstance(values, list) or not isinstance(listed, list) or list(names) != [str(name) for name in listed]:
        return (None,) * len(names)
    return per_joint(values, names)
