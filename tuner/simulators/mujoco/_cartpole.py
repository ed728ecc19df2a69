"""The task `Cartpole`: keep a pole upright on a cart that is pushed along a rail."""

import numpy as np

from tuner.config import Frozen, PositiveCount
from tuner.simulators.mujoco._batch_env import BatchEnv, Flags, Floats, Ids, Observations
from tuner.simulators.mujoco._rotations import wrap_angle

DECIMATION = 2
FORCE_PER_ACTION = 100.0
"""N of push for an action of 1; the motor saturates at 400 N."""
ACTION_LIMIT = 100.0
CART_LIMIT = 3.0
"""m from the centre beyond which the episode fails."""
START_LIMITS = (1.0, 0.25 * np.pi, 0.5, 0.25 * np.pi)
"""The start is drawn uniformly within ± these: cart position (m), pole angle (rad), then their velocities per s."""


class CartpoleOptions(Frozen):
    """`task.options` of `Cartpole`."""

    max_episode_steps: PositiveCount = 300
    """Control steps after which an episode is truncated: 5 s of 1/60 s each."""


class Cartpole(BatchEnv):
    """Isaac Lab's manager-based `Isaac-Cartpole-v0`, with an action box of ±100.

    Physics at 120 Hz, control at 60 Hz, 300 control steps (5 s). Action: push the cart with 100 N times the action.
    Observation (4): cart position, pole angle, cart velocity, pole velocity. Rewards, each times the control period of
    1/60 s: see `reward_rates`. An episode fails when the cart is more than 3 m off the centre. At a reset the cart is
    within ±1 m at ±0.5 m/s, the pole within ±π/4 at ±π/4 per s, all uniform. No observation noise. The highest possible
    return is 5. Metrics: `pole_angle` (rad from upright) and `cart_distance` (m from the centre), both absolute.

    Differences from Isaac Lab: the action box is ±100, as its Stable-Baselines3 wrapper declares it up to 2.3.2, where
    the motor saturates at ±4. Not checked against Isaac Lab's own files: the reward terms' weights, the ranges of the
    start and the timing follow its published configuration from memory; cart and pole of 1 kg each, the pole a uniform
    rod of 1 m, the slider's damping of 10 N·s/m, the motor's limit of 400 N and the rail's stops at ±4 m are sensible
    choices, and so is the sign of the pole's angle (positive leans to positive x).
    """

    def __init__(self, num_envs: int, options: CartpoleOptions, *, seed: int, threads: int) -> None:
        """Open the task for `num_envs` robots; see `Simulator.open`."""
        super().__init__(
            "cartpole.xml",
            num_envs,
            observation_dim=4,
            action_limit=ACTION_LIMIT,
            action_dim=1,
            decimation=DECIMATION,
            max_episode_steps=options.max_episode_steps,
            threads=threads,
        )
        self.metrics = {"pole_angle": np.full(num_envs, np.nan), "cart_distance": np.full(num_envs, np.nan)}
        self.seed(seed)

    def restart(self, ids: Ids) -> None:
        """Draw cart and pole."""
        start = self.random.uniform(-1.0, 1.0, (ids.size, 4)) * START_LIMITS
        self.qpos[ids] = start[:, :2]
        self.qvel[ids] = start[:, 2:]

    def act(self, actions: Floats) -> None:
        """Push the cart."""
        self.ctrl[:] = FORCE_PER_ACTION * actions

    def measure(self, ids: Ids | slice) -> None:
        """Do nothing, because positions and velocities are all that is needed."""

    def terminations(self) -> Flags:
        """Return which carts are off the track."""
        return np.abs(self.qpos[:, 0]) > CART_LIMIT

    def rewards(self, terminated: Flags) -> Floats:
        """Keep `metrics`; return `reward_rates` times the control period."""
        self.metrics = {
            "pole_angle": np.abs(wrap_angle(self.qpos[:, 1])),
            "cart_distance": np.abs(self.qpos[:, 0]),
        }
        return self.control_period_seconds * reward_rates(self.qpos, self.qvel, terminated)

    def observe(self, ids: Ids | slice) -> Observations:
        """Return positions, then velocities."""
        return np.concatenate([self.qpos[ids], self.qvel[ids]], axis=1, dtype=np.float32)


def reward_rates(positions: Floats, velocities: Floats, terminated: Flags) -> Floats:
    """Return the reward per second, shape (n,).

    1 while alive or -2 on failing, less the squared angle of the pole, 0.01 times the cart's speed and 0.005 times the
    pole's.

    Args:
        positions: cart (m) and pole (rad), shape (n, 2).
        velocities: cart (m/s) and pole (rad/s), shape (n, 2).
        terminated: which have just failed, shape (n,).
    """
    angle = wrap_angle(positions[:, 1])
    speeds = np.abs(velocities) @ (0.01, 0.005)
    return np.asarray(np.where(terminated, -2.0, 1.0) - angle**2 - speeds)
