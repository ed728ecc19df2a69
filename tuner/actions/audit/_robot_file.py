"""Joint limits from a robot's own file, URDF or MJCF."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

from tuner.actions.audit._partial_targets import PartialTargets
from tuner.errors import UserError
from tuner.resources import user_path

_SUFFIXES = (".urdf", ".xml", ".mjcf")
_LARGEST = 20_000_000
"""Bytes. Descriptions of robots have some hundred thousand; meshes are in files of their own."""


@dataclass(frozen=True)
class Robot:
    """A robot's joints and how far they move."""

    file: str
    limits: dict[str, tuple[float, float] | None]
    """By joint, in the file's order: the lower and the upper limit in rad (m for sliding joints); None without any."""

    def with_limits(self, joints: PartialTargets) -> PartialTargets:
        """Return joint targets with the limits of the joints that have a name of this robot's."""
        found = [self.limits.get(name) for name in joints.names]
        rows = list(zip(found, joints.lower, joints.upper, strict=True))
        lower = tuple(limits[0] if limits else before for limits, before, _ in rows)
        upper = tuple(limits[1] if limits else before for limits, _, before in rows)
        return replace(joints, lower=lower, upper=upper)


def read_robot(path: str) -> Robot:
    """Read the joints of a URDF or an MJCF file with MuJoCo's parser; meshes are not opened.

    Args:
        path: the file, which ends in .urdf, .xml or .mjcf.

    Raises:
        UserError: if it cannot be read or has no joints.
    """
    file = user_path(path)
    _check(file)
    import mujoco

    try:
        spec = mujoco.MjSpec.from_file(str(file))
    except (ValueError, RuntimeError) as error:
        raise UserError(f"'{path}' is no URDF or MJCF that MuJoCo can read: {' '.join(str(error).split())}.") from error
    limits: dict[str, tuple[float, float] | None] = {}
    for joint in spec.joints:
        if joint.type not in (mujoco.mjtJoint.mjJNT_HINGE, mujoco.mjtJoint.mjJNT_SLIDE):
            continue
        angle = joint.type == mujoco.mjtJoint.mjJNT_HINGE and bool(spec.compiler.degree)
        lower, upper = (math.radians(end) if angle else float(end) for end in joint.range)
        moves_freely = joint.limited == mujoco.mjtLimited.mjLIMITED_FALSE or lower >= upper
        limits[str(joint.name)] = None if moves_freely else (lower, upper)
    if not limits:
        raise UserError(f"'{path}' has no joints that turn or slide, so it has no joint limits.")
    return Robot(path, limits)


def _check(file: Path) -> None:
    try:
        size = file.stat().st_size
        file.open("rb").close()
    except (OSError, ValueError) as error:
        raise UserError(f"Cannot read the robot's file '{file}': {getattr(error, 'strerror', error)}.") from error
    if file.suffix.lower() not in _SUFFIXES:
        raise UserError(f"'{file}' does not end in {', '.join(_SUFFIXES)}. --robot takes a URDF or an MJCF file.")
    if size > _LARGEST:
        raise UserError(f"'{file}' has {size:,} bytes; a robot's description has at most {_LARGEST:,}.")
