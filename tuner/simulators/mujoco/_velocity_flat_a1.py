"""The task `Velocity-Flat-A1`: a quadruped follows commanded velocities on flat ground."""

import numpy as np

from tuner.config import Frozen, PositiveCount
from tuner.simulators._joint_targets import JointTargets
from tuner.simulators.mujoco._a1_commands import VelocityCommands, speed_share
from tuner.simulators.mujoco._a1_contacts import FootTimers
from tuner.simulators.mujoco._a1_rewards import WEIGHTS, Motion, weighted_terms
from tuner.simulators.mujoco._batch_env import BatchEnv, Flags, Floats, Ids, Observations
from tuner.simulators.mujoco._rotations import heading, rotation_matrix
from tuner.simulators.mujoco._scenery import Arrow

DECIMATION = 4
ACTION_LIMIT = 100.0
ACTION_SCALE = 0.25
"""rad of joint target per unit of action."""
CONTACT_FORCE = 1.0
"""N above which a foot or the trunk counts as touching the floor."""
TRUNK_CONTACT_STEPS = 3
"""Last physics steps in which a touching trunk ends the episode."""
MASS_RANGE = (-1.0, 3.0)
"""kg added to the trunk at start-up."""
START_DISTANCE = 0.5
"""m; an episode starts within ± this in x and y."""
ARROW_HEIGHTS, ARROW_LENGTH = (0.22, 0.25), 0.4
"""m above the trunk, and m for each m/s."""
ARROW_COLOURS = ((0.10, 0.65, 0.25, 1.0), (0.15, 0.40, 0.90, 1.0))
NOISE = np.repeat(
    np.array([0.1, 0.2, 0.05, 0.0, 0.01, 1.5, 0.0], dtype=np.float32),
    (3, 3, 3, 3, 12, 12, 12),
)
"""Half-width of the uniform noise of each observation, shape (48,)."""
_OBSERVATION_DIM = 48
_JOINTS = 12


class VelocityFlatA1Options(Frozen):
    """`task.options` of `Velocity-Flat-A1`."""

    max_episode_steps: PositiveCount = 1000
    """Control steps after which an episode is truncated: 20 s of 0.02 s each."""
    observation_noise: bool = True
    """Whether uniform noise is added to the observations."""
    randomize: bool = True
    """Whether the trunk's mass is drawn at start-up, and the robot's place and heading at each reset."""


class VelocityFlatA1(BatchEnv):
    """Isaac Lab's `Isaac-Velocity-Flat-Unitree-A1-v0` (2.2 to 2.3.2) on MuJoCo.

    Physics at 200 Hz, control at 50 Hz, 1000 control steps (20 s). Action (12): joint targets, 0.25 rad per unit about
    the default pose, unclipped; the order of joints is FL, FR, RL, RR hips, then thighs, then calves. A DC motor (25
    Nm/rad, 0.5 Nm·s/rad, 33.5 Nm, 21 rad/s) follows them at every physics step. Observation (48): linear velocity (3),
    angular velocity (3) and gravity (3) in the trunk's frame, command (3), joint positions from the default (12), joint
    velocities (12), last action (12), with uniform noise. Rewards: `reward_terms`, each times its weight and 0.02 s. An
    episode fails when the trunk has touched the floor. The highest possible return is 45. Metrics:
    `speed_share`, and what each reward term earned per second with its weight, by its name in Isaac Lab.

    Differences from Isaac Lab:

    - Contacts are MuJoCo's soft ones, with a pyramidal friction cone and one coefficient, 0.8, which is that of a foot
      that holds; PhysX has 0.8 static and 0.6 dynamic.
    - Collision shapes are primitives: boxes, cylinders, capsules and spheres for trunk, hips, legs and feet.
    - Every robot has a world of its own, and its place within ±0.5 m is about that world's origin.
    - Joints have the reflected inertia of the motors, 0.01 kg·m², as MuJoCo Menagerie's model of the A1
      (`unitree_a1/a1.xml`, `armature`); Isaac Lab's asset has none.
    - Inertias have no products other than xz; the others are smaller by an order of magnitude.
    - Linear velocity is that of the trunk's frame, 4 mm from its centre of mass.
    - Above 42 rad/s, twice its no-load speed, a motor brakes with 33.5 Nm, where Isaac Lab's clip asks for more.
    - A foot's touch-down counts in the control step in which it happens, even if in its first physics step, which makes
      its contact time 0.02 s at the end and not less; so every touch-down counts exactly once.
    - The commands are updated before the terminal observation is taken, so that it is what the robot would have seen
      if its episode had continued.
    - The turning rate follows the heading from the first observation after `reset` on.

    Isaac Lab 3.0 starts its episodes in other ways and reads contacts less often: docs/fidelity.md.
    """

    def __init__(self, num_envs: int, options: VelocityFlatA1Options, *, seed: int, threads: int) -> None:
        """Open the task for `num_envs` robots; see `Simulator.open`."""
        super().__init__(
            "a1.xml",
            num_envs,
            observation_dim=_OBSERVATION_DIM,
            action_limit=ACTION_LIMIT,
            action_dim=_JOINTS,
            decimation=DECIMATION,
            max_episode_steps=options.max_episode_steps,
            threads=threads,
            record=("sensordata",),
        )
        self._settings = options
        joints = self.model.actuator_trnid[:, 0]
        self._columns = self.model.jnt_qposadr[joints]
        self._dofs = self.model.jnt_dofadr[joints]
        self.default_pose: Floats = self.model.key_qpos[0][self._columns]
        """Joint positions at the start, in the order of actions, rad, shape (12,)."""
        self.joint_targets = JointTargets(
            names=tuple(self.model.joint(joint).name for joint in joints),
            default=tuple(self.default_pose.tolist()),
            scale=(ACTION_SCALE,) * _JOINTS,
            lower=tuple(self.model.jnt_range[joints, 0].tolist()),
            upper=tuple(self.model.jnt_range[joints, 1].tolist()),
        )
        self._trunk = self.model.body("trunk").id
        self._accelerations: Floats = self.batch.bind("qacc")
        self._torques: Floats = self.batch.bind("actuator_force")
        self._create_memory(num_envs)
        self.seed(seed)

    def _create_memory(self, num_envs: int) -> None:
        self.commands = VelocityCommands(num_envs)
        self.timers = FootTimers(num_envs, float(self.model.opt.timestep))
        self._added_mass = np.zeros(num_envs)
        self._action = np.zeros((num_envs, _JOINTS))
        self._previous_action = np.zeros((num_envs, _JOINTS))
        self._rotation = np.zeros((num_envs, 3, 3))
        self.reward_rates: dict[str, Floats] = {name: np.full(num_envs, np.nan) for name in WEIGHTS}
        """What each reward term earned per second in the last control step, weighted, each of shape (num_envs,)."""
        self.metrics = {"speed_share": np.full(num_envs, np.nan), **self.reward_rates}
        self._linear_velocity = np.zeros((num_envs, 3))
        self._joint_positions = np.zeros((num_envs, _JOINTS))
        self._joint_velocities = np.zeros((num_envs, _JOINTS))
        self.memory |= {
            "added_mass": self._added_mass,
            "action": self._action,
            **self.commands.arrays(),
            **self.timers.arrays(),
        }

    def draw_startup(self, random: np.random.Generator) -> None:
        """Draw the mass added to each trunk."""
        if self._settings.randomize:
            self._added_mass[:] = random.uniform(*MASS_RANGE, self.num_envs)
            self.apply_startup()

    def apply_startup(self) -> None:
        """Add the mass, and scale the inertia by the same factor."""
        if not self._settings.randomize:
            return
        nominal = self.model.body_mass[self._trunk]
        mass = nominal + self._added_mass
        self.batch.expand("body_mass")[:, self._trunk] = mass
        scaled = self.model.body_inertia[self._trunk] * (mass / nominal)[:, None]
        self.batch.expand("body_inertia")[:, self._trunk] = scaled
        self.batch.set_const()

    def restart(self, ids: Ids) -> None:
        """Place the robots at rest in the default pose, above the floor."""
        self.qpos[ids] = self.model.key_qpos[0]
        if self._settings.randomize:
            drawn = 2.0 * self.random.random((ids.size, 3)) - 1.0
            self.qpos[ids, :2] = START_DISTANCE * drawn[:, :2]
            half_yaw = 0.5 * np.pi * drawn[:, 2]
            self.qpos[ids, 3] = np.cos(half_yaw)
            self.qpos[ids, 6] = np.sin(half_yaw)
        self._action[ids] = 0.0
        self.timers.reset(ids)
        self.commands.resample(ids, self.random)

    def act(self, actions: Floats) -> None:
        """Set the joint targets."""
        self._previous_action[:] = self._action
        self._action[:] = actions
        self.ctrl[:] = self.default_pose + ACTION_SCALE * actions

    def measure(self, ids: Ids | slice) -> None:
        """Derive the trunk's rotation, its velocity in its own frame, and the joints in the order of actions."""
        rotation = rotation_matrix(self.qpos[ids, 3:7])
        self._rotation[ids] = rotation
        # MuJoCo gives the linear velocity of a free body in the world's frame and the angular one in the body's.
        self._linear_velocity[ids] = np.einsum("nij,ni->nj", rotation, self.qvel[ids, :3])
        self._joint_positions[ids] = self.qpos[ids].take(self._columns, axis=1)
        self._joint_velocities[ids] = self.qvel[ids].take(self._dofs, axis=1)

    def terminations(self) -> Flags:
        """Count the contacts of the control step; return which robots' trunks have touched the floor."""
        # Of each sensor's force the normal component: on a flat floor, the vertical one.
        contacts = np.abs(self.records["sensordata"][:, :, 2::3]) > CONTACT_FORCE
        self.timers.update(contacts[:, :, 1:])
        return np.asarray(contacts[:, -TRUNK_CONTACT_STEPS:, 0].any(axis=1))

    def rewards(self, terminated: Flags) -> Floats:
        """Keep `reward_rates` and `metrics`; return the rates' sum times the control period. Failing costs nothing."""
        motion = Motion(
            command=self.commands.velocity,
            linear_velocity=self._linear_velocity,
            angular_velocity=self.qvel[:, 3:6],
            gravity=-self._rotation[:, 2],
            torque=self._torques,
            acceleration=self._accelerations[:, 6:],
            action=self._action,
            previous_action=self._previous_action,
            air_time=self.timers.air_time,
            first_contact=self.timers.first_contact,
        )
        self.reward_rates = weighted_terms(motion)
        share = speed_share(self._linear_velocity[:, :2], self.commands.velocity[:, :2])
        self.metrics = {"speed_share": share, **self.reward_rates}
        return self.control_period_seconds * sum(self.reward_rates.values(), np.zeros(self.num_envs))

    def update_commands(self) -> None:
        """Advance the commands by a control step, then steer by the present headings."""
        self.commands.advance(self.random)
        self.commands.steer(heading(self._rotation), slice(None))

    def refresh_commands(self, ids: Ids) -> None:
        """Steer the robots that have restarted."""
        self.commands.steer(heading(self._rotation[ids]), ids)

    def arrows(self, robot: int) -> list[Arrow]:
        """Return the commanded velocity, green, and the robot's own, blue, 0.4 m for each m/s, above the trunk."""
        forward = heading(self._rotation[robot : robot + 1])[0]
        ahead = np.array([[np.cos(forward), -np.sin(forward)], [np.sin(forward), np.cos(forward)]])
        velocities = ahead @ self.commands.velocity[robot, :2], self.qvel[robot, :2]
        starts = self.qpos[robot, :3] + np.array([[0.0, 0.0, height] for height in ARROW_HEIGHTS])
        return [
            Arrow(start, np.array([*(ARROW_LENGTH * velocity), 0.0]), colour)
            for start, velocity, colour in zip(starts, velocities, ARROW_COLOURS, strict=True)
        ]

    def observe(self, ids: Ids | slice) -> Observations:
        """Return the 48 observations with new noise."""
        action = self._action[ids]
        observations = np.empty((len(action), _OBSERVATION_DIM), dtype=np.float32)
        observations[:, 0:3] = self._linear_velocity[ids]
        observations[:, 3:6] = self.qvel[ids, 3:6]
        observations[:, 6:9] = -self._rotation[ids, 2]
        observations[:, 9:12] = self.commands.velocity[ids]
        observations[:, 12:24] = self._joint_positions[ids] - self.default_pose
        observations[:, 24:36] = self._joint_velocities[ids]
        observations[:, 36:48] = action
        if self._settings.observation_noise:
            drawn = self.random.random(observations.shape, dtype=np.float32)
            observations += NOISE * (2.0 * drawn - 1.0)
        return observations
