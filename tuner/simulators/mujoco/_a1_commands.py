"""The velocities that the robots of `Velocity-Flat-A1` are commanded to have."""

import numpy as np
import numpy.typing as npt

from tuner.simulators.mujoco._rotations import wrap_angle

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.intp]

RESAMPLING_STEPS = 500
"""Control steps between new commands: 10 s."""
STANDING_SHARE = 0.02
SLOWEST_SPEED = 0.2
"""m/s; of a robot that is commanded to be this slow, or slower, there is no `speed_share`."""
_HEADING_STIFFNESS = 0.5
_TURNING_LIMIT = 1.0


class VelocityCommands:
    """Forward and sideways speed, held for 10 s, and a heading in the world that the turning rate steers to."""

    def __init__(self, num_envs: int) -> None:
        """Create the arrays; `resample` fills them."""
        self.velocity: Floats = np.zeros((num_envs, 3))
        """The command (vx, vy, ω) in the body's frame, m/s and rad/s, shape (num_envs, 3)."""
        self.heading: Floats = np.zeros(num_envs)
        """Commanded heading, rad in the world, shape (num_envs,)."""
        self.standing: npt.NDArray[np.bool_] = np.zeros(num_envs, dtype=np.bool_)
        """Which robots are commanded to stand still, shape (num_envs,)."""
        self.steps_left: npt.NDArray[np.int64] = np.zeros(num_envs, dtype=np.int64)
        """Control steps until the next command, shape (num_envs,)."""

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the arrays that carry over to the next step, by name."""
        return {
            "command_velocity": self.velocity,
            "command_heading": self.heading,
            "command_standing": self.standing,
            "command_steps_left": self.steps_left,
        }

    def resample(self, ids: Ids, random: np.random.Generator) -> None:
        """Draw new commands for these robots: speeds in ±1 m/s, heading in ±π, 2 % standing."""
        drawn = random.random((ids.size, 4))
        self.velocity[ids, :2] = 2.0 * drawn[:, :2] - 1.0
        self.heading[ids] = np.pi * (2.0 * drawn[:, 2] - 1.0)
        self.standing[ids] = drawn[:, 3] < STANDING_SHARE
        self.steps_left[ids] = RESAMPLING_STEPS

    def advance(self, random: np.random.Generator) -> None:
        """Count one control step; draw new commands where they are due."""
        self.steps_left -= 1
        due = np.flatnonzero(self.steps_left <= 0)
        if due.size:
            self.resample(due, random)

    def steer(self, heading: Floats, ids: Ids | slice) -> None:
        """Set the turning rates of these robots from their headings, rad, shape (len(ids),); 0 for those that stand."""
        self.velocity[ids, 2] = turning_rate(self.heading[ids], heading)
        self.velocity[self.standing] = 0.0


def turning_rate(target: Floats, heading: Floats) -> Floats:
    """Return the rate that turns a robot to its heading the short way, rad/s: 0.5 of the error, within ±1."""
    return np.clip(_HEADING_STIFFNESS * wrap_angle(target - heading), -_TURNING_LIMIT, _TURNING_LIMIT)


def speed_share(velocity: Floats, command: Floats) -> Floats:
    """Return how much of the commanded speed robots have in the commanded direction, v·c / |c|².

    1 is exactly as fast as commanded, 0 is standing still or moving sideways, negative is backwards.

    Args:
        velocity: of the robots in the plane, m/s, shape (n, 2).
        command: commanded velocity in the same frame, m/s, shape (n, 2).

    Returns:
        Shape (n,); NaN where the command is not faster than `SLOWEST_SPEED`.
    """
    squared = np.einsum("ij,ij->i", command, command)
    asked = squared > SLOWEST_SPEED**2
    along = np.einsum("ij,ij->i", velocity, command)
    return np.asarray(np.divide(along, squared, out=np.full(len(squared), np.nan), where=asked))
