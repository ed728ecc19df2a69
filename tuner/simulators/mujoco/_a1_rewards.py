"""The nine reward terms of `Velocity-Flat-A1`, as functions of plain arrays.

Weights and expressions are those of Isaac Lab's `Isaac-Velocity-Flat-Unitree-A1-v0`, versions 2.2 to 2.3.2.
"""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WEIGHTS = MappingProxyType(
    {
        "track_lin_vel_xy_exp": 1.5,
        "track_ang_vel_z_exp": 0.75,
        "lin_vel_z_l2": -2.0,
        "ang_vel_xy_l2": -0.05,
        "dof_torques_l2": -2e-4,
        "dof_acc_l2": -2.5e-7,
        "action_rate_l2": -0.01,
        "feet_air_time": 0.25,
        "flat_orientation_l2": -2.5,
    }
)
_TRACKING_VARIANCE = 0.25
_SWING_SECONDS = 0.5
"""A foot's time in the air is rewarded if it is longer than this, and penalised if it is shorter."""
_STANDING_SPEED = 0.1
"""m/s; a robot that is commanded to be slower need not lift its feet."""


@dataclass(frozen=True)
class Motion:
    """The input of the rewards of one control step, for n robots."""

    command: Floats
    """Commanded velocity (vx, vy, ω) in the body's frame, m/s and rad/s, shape (n, 3)."""
    linear_velocity: Floats
    """Of the trunk in its own frame, m/s, shape (n, 3)."""
    angular_velocity: Floats
    """Of the trunk in its own frame, rad/s, shape (n, 3)."""
    gravity: Floats
    """Unit vector of gravity in the trunk's frame, shape (n, 3)."""
    torque: Floats
    """Torques that the motors applied in the last physics step, Nm, shape (n, 12)."""
    acceleration: Floats
    """Of the joints in the last physics step, rad/s², shape (n, 12)."""
    action: Floats
    """Shape (n, 12)."""
    previous_action: Floats
    """Shape (n, 12)."""
    air_time: Floats
    """How long each foot was in the air before it last touched the ground, s, shape (n, 4)."""
    first_contact: npt.NDArray[np.bool_]
    """Which feet touched the ground in this control step, shape (n, 4)."""


def weighted_terms(motion: Motion) -> dict[str, Floats]:
    """Return every one of `reward_terms` times its weight, per second, each of shape (n,)."""
    return {name: WEIGHTS[name] * term for name, term in reward_terms(motion).items()}


def reward_terms(motion: Motion) -> dict[str, Floats]:
    """Return every term without its weight, each of shape (n,)."""
    lateral_error = motion.command[:, :2] - motion.linear_velocity[:, :2]
    turning_error = motion.command[:, 2] - motion.angular_velocity[:, 2]
    return {
        "track_lin_vel_xy_exp": np.exp(-_sum_squares(lateral_error) / _TRACKING_VARIANCE),
        "track_ang_vel_z_exp": np.exp(-(turning_error**2) / _TRACKING_VARIANCE),
        "lin_vel_z_l2": motion.linear_velocity[:, 2] ** 2,
        "ang_vel_xy_l2": _sum_squares(motion.angular_velocity[:, :2]),
        "dof_torques_l2": _sum_squares(motion.torque),
        "dof_acc_l2": _sum_squares(motion.acceleration),
        "action_rate_l2": _sum_squares(motion.action - motion.previous_action),
        "feet_air_time": _air_time(motion),
        "flat_orientation_l2": _sum_squares(motion.gravity[:, :2]),
    }


def _air_time(motion: Motion) -> Floats:
    earned = ((motion.air_time - _SWING_SECONDS) * motion.first_contact).sum(axis=1)
    moving = _sum_squares(motion.command[:, :2]) > _STANDING_SPEED**2
    return np.asarray(earned * moving)


def _sum_squares(vectors: Floats) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", vectors, vectors))
