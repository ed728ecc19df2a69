"""legged_gym's configuration classes: `clip_actions`, usually in a nested class `normalization`.

The clip is on the policy's output; with `control_type = 'P'` the target is default_joint_angles + action_scale ·
action. (https://github.com/leggedrobotics/legged_gym, legged_gym/envs/base/legged_robot_config.py) Any class with an
attribute `clip_actions` is read, including RSL-RL's runner configurations.
"""

from pathlib import Path
from typing import Any

from tuner.actions.audit._partial_targets import PartialTargets
from tuner.actions.audit.config_files._python_classes import PythonClass, read_classes
from tuner.actions.audit.config_files._settings import (
    ActionSettings,
    clip_bounds,
    count_of,
    no_clipping,
    per_joint,
    row_names,
)
from tuner.errors import UserError, unknown_name

STYLE = "legged_gym class"
_CLIP = ("clip_actions", "action_clip_value")


def read_legged_gym(file: Path, class_name: str | None) -> ActionSettings:
    """Return the settings of one class of a file.

    Args:
        file: a Python file.
        class_name: the class to read; None if there is only one, or if all have the same clipping.

    Raises:
        UserError: if the file cannot be read, no class clips actions, or several classes do it differently.
    """
    classes = read_classes(file)
    if class_name is not None:
        named = {found.name: found for found in classes}
        if class_name not in named:
            raise unknown_name("class", class_name, named, where=f"in {file}")
        classes = [named[class_name]]
    clipping = [found for found in classes if _clips(found)]
    if not clipping:
        raise no_clipping(str(file), _without(classes))
    inherited = {ancestor for found in clipping for ancestor in found.ancestors}
    settings = {found.name: _settings(found) for found in clipping if found.name not in inherited}
    first, *others = settings.values()
    if any((other.low, other.high, other.joints) != (first.low, first.high, first.joints) for other in others):
        boxes = ", ".join(f"{name} ({found.low[0]:g} … {found.high[0]:g})" for name, found in settings.items())
        raise UserError(
            f"{file} has several classes that clip actions: {boxes}. Name one: --config {file}:{next(iter(settings))}"
        )
    return first


def _clips(found: PythonClass) -> list[tuple[str, Any]]:
    # with None and False RSL-RL's runners and RL-Games say that nothing is clipped
    return [(place, value) for place, value in found.find(_CLIP) if value is not None and value is not False]


def _without(classes: list[PythonClass]) -> str:
    if not classes:
        return "It defines no classes."
    names = ", ".join(found.name for found in classes)
    sentence = f"No clip_actions in {names}."
    missing = dict.fromkeys(name for found in classes for name in found.missing if "imported from" in name)
    if missing:
        sentence += (
            f" They inherit from classes that were not found: {', '.join(missing)}. Audit the file that defines them."
        )
    return sentence


def _settings(found: PythonClass) -> ActionSettings:
    (place, clip), *others = _clips(found)
    for other, value in others:
        if value != clip:
            raise UserError(f"{found.name} clips actions twice, {place} = {clip!r} and {other} = {value!r}. Keep one.")
    angles, count = _value(found, "default_joint_angles"), count_of(_value(found, "num_actions"))
    joints = [str(name) for name in angles] if isinstance(angles, dict) else None
    names, notes = row_names(joints, count)
    low, high = clip_bounds(clip, None if notes else len(names), place)
    position_controlled = _value(found, "control_type") in (None, "P")
    return ActionSettings(
        style=STYLE,
        place=place,
        low=low,
        high=high,
        joints=PartialTargets(
            names=names,
            default=per_joint(angles, names) if isinstance(angles, dict) else (None,) * len(names),
            scale=per_joint(_value(found, "action_scale") if position_controlled else None, names),
            lower=(None,) * len(names),
            upper=(None,) * len(names),
        ),
        notes=notes,
    )


def _value(found: PythonClass, key: str) -> Any:
    values = [value for _, value in found.find((key,))]
    return values[0] if values and all(value == values[0] for value in values) else None
