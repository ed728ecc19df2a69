"""`clip_actions` in YAML files of trainers and Isaac Gym's tasks, and in dumped configurations of legged_gym.

- RSL-RL under Isaac Lab (`agent.yaml`): `clip_actions` at the top;
- RL-Games: `params.env.clip_actions`, which its wrapper declares as the action space;
- IsaacGymEnvs: `env.clipActions`, with `env.control.actionScale` and `env.defaultJointAngles`;
- legged_gym's classes written as YAML: `normalization.clip_actions`;
- deployments: `clip_actions_lower` and `clip_actions_upper`, each with one number per joint.
"""

from typing import Any

from tuner.actions.audit._partial_targets import PartialTargets
from tuner.actions.audit.config_files._plain_yaml import Path, find_keys, only_value, resolved
from tuner.actions.audit.config_files._settings import (
    ActionSettings,
    clip_bounds,
    count_of,
    no_clipping,
    number,
    per_joint,
    row_names,
)

STYLE = "training YAML"
_CLIP = ("clip_actions", "clipActions")
_LOWER, _UPPER = ("clip_actions_lower",), ("clip_actions_upper",)


def read_training_yaml(data: dict[str, Any], source: str) -> ActionSettings | None:
    """Return the settings of a file in this style, None for a file without `clip_actions`.

    Raises:
        UserError: if all clipping is switched off, if it cannot be read, or if several clips differ.
    """
    clip = _clip(data, source)
    if clip is None:
        return None
    path, value = clip
    place = ".".join(path)
    angles = _one(data, ("default_joint_angles", "defaultJointAngles", "default_joint_angle"))
    count = count_of(_one(data, ("num_actions", "numActions")))
    if count is None and isinstance(value, list) and len(value) > 2:
        count = len(value)
    joints = [str(name) for name in angles] if isinstance(angles, dict) else None
    names, notes = row_names(joints, count)
    low, high = clip_bounds(value, None if notes else len(names), place)
    return ActionSettings(
        style=STYLE,
        place=place,
        low=low,
        high=high,
        joints=PartialTargets(
            names=names,
            default=per_joint(angles, names) if isinstance(angles, dict) else (None,) * len(names),
            scale=per_joint(_one(data, ("action_scale", "actionScale")), names),
            lower=(None,) * len(names),
            upper=(None,) * len(names),
        ),
        notes=notes,
    )


def _clip(data: dict[str, Any], source: str) -> tuple[Path, Any] | None:
    """Return the path of the clip and its value; None if the file has no clip."""
    found = find_keys(data, _CLIP)
    # RL-Games has a switch of the same name beside the number: `config.clip_actions: False`.
    numbers = [(path, value) for path, value in found if not isinstance(resolved(data, value), bool | None)]
    if numbers:
        return only_value(data, numbers, source)
    lower, upper = find_keys(data, _LOWER), find_keys(data, _UPPER)
    if lower and upper:
        (path, low), (_, high) = only_value(data, lower, source), only_value(data, upper, source)
        if isinstance(low, list) and isinstance(high, list) and len(low) == len(high):
            return path, [list(pair) for pair in zip(low, high, strict=True)]
        return path, [low, high]
    if found:
        places = ", ".join(f"{'.'.join(path)}: {value!r}" for path, value in found)
        raise no_clipping(source, f"It has {places}, and no number.")
    return None


def _one(data: dict[str, Any], keys: tuple[str, ...]) -> Any:
    """Return the value under one of `keys`, if all that are not empty are the same; otherwise None."""
    values = [resolved(data, value) for _, value in find_keys(data, keys) if value is not None]
    return values[0] if values and all(_same(value, values[0]) for value in values) else None


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) or (number(value) is not None and number(value) == number(other))
