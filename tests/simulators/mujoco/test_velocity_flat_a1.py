import numpy as np
import pytest

from tests.simulators.mujoco.support import open_a1, zeros
from tuner.simulators.mujoco._a1_commands import speed_share
from tuner.simulators.mujoco._a1_rewards import Motion, weighted_terms
from tuner.simulators.mujoco._velocity_flat_a1 import VelocityFlatA1

HALF = np.sqrt(0.5)


def test_observations_in_order() -> None:
    env = open_a1(1, observation_noise=False, randomize=False)
    env.reset()
    env.qpos[0, 3:7] = [HALF, 0, 0, HALF]  # turned left by a quarter
    env.qvel[0, :6] = [1.0, 2.0, 3.0, 0.1, 0.2, 0.3]
    env.qpos[0, env._columns] = env.default_pose + np.arange(12) / 100
    env.qvel[0, env._dofs] = np.arange(12) / 10
    env._action[0] = np.arange(12) * 2.0
    env.commands.velocity[0] = [0.4, 0.5, 0.6]
    env.measure(slice(None))
    found = env.observe(slice(None))[0]
    # The body's x axis is the world's y: v = (2, -1, 3) in the body's frame; angular velocity is in that frame already.
    assert found[0:3] == pytest.approx([2.0, -1.0, 3.0])
    assert found[3:6] == pytest.approx([0.1, 0.2, 0.3])
    assert found[6:9] == pytest.approx([0.0, 0.0, -1.0])
    assert found[9:12] == pytest.approx([0.4, 0.5, 0.6])
    assert found[12:24] == pytest.approx(np.arange(12) / 100, abs=1e-6)
    assert found[24:36] == pytest.approx(np.arange(12) / 10)
    assert found[36:48] == pytest.approx(np.arange(12) * 2.0)
    assert found.shape == (48,)


def test_projected_gravity_of_a_robot_lying_on_its_left_side() -> None:
    env = open_a1(1, observation_noise=False, randomize=False)
    env.reset()
    env.qpos[0, 3:7] = [HALF, -HALF, 0, 0]  # rolled about x by -90°: the body's y axis points down
    env.measure(slice(None))
    assert env.observe(slice(None))[0, 6:9] == pytest.approx([0.0, 1.0, 0.0], abs=1e-6)


def test_noise_is_uniform_within_its_bounds() -> None:
    noisy, clean = open_a1(2000, observation_noise=True), open_a1(2000, observation_noise=False)
    noise = noisy.reset() - clean.reset()
    bounds = np.repeat([0.1, 0.2, 0.05, 0.0, 0.01, 1.5, 0.0], [3, 3, 3, 3, 12, 12, 12])
    assert (np.abs(noise) <= bounds + 1e-6).all()
    # 2000 draws: one of 36 stays below 98 % of its bound with odds of 36·0.99^2000 = 7e-8; U(-b, b) has deviation b/√3
    assert (noise.max(axis=0) >= 0.98 * bounds).all()
    assert (noise.min(axis=0) <= -0.98 * bounds).all()
    assert noise.std(axis=0) == pytest.approx(bounds / np.sqrt(3), rel=0.05)


def test_the_last_raw_action_is_observed_and_forgotten_at_a_reset() -> None:
    env = open_a1(2, max_episode_steps=2)
    env.reset()
    action = np.arange(24, dtype=np.float32).reshape(2, 12) / 10
    assert (env.step(action)[0][:, 36:] == action).all()
    observations, _, _, infos = env.step(action + 1)
    assert (infos[1]["terminal_observation"][36:] == action[1] + 1).all()
    assert (observations[:, 36:] == 0).all()


def test_actions_are_scaled_and_not_clipped() -> None:
    env = open_a1(1)
    env.reset()
    action = np.full((1, 12), 8.0, dtype=np.float32)
    env.step(action)
    assert env.ctrl[0] == pytest.approx(env.default_pose + 2.0)
    assert env.action_space.low.tolist() == [-100.0] * 12
    assert env.action_space.high.tolist() == [100.0] * 12


def test_rewards_of_a_step_are_those_of_its_motion() -> None:
    env = open_a1(4, observation_noise=False)
    env.reset()
    random = np.random.default_rng(1)
    env.step(random.uniform(-1, 1, (4, 12)).astype(np.float32))
    for _ in range(40):  # in the air at first, then on the ground
        before, command = env._action.copy(), env.commands.velocity.copy()
        action = random.uniform(-1, 1, (4, 12)).astype(np.float32)
        state = env.get_state()
        observations, rewards, dones, _ = env.step(action)
        assert not dones.any()
        air_time, first_contact = env.timers.air_time, env.timers.first_contact
        torque, after = env.batch.bind("actuator_force").copy(), env.qvel.copy()
        # The joint accelerations of the last of the four physics steps, from the velocities before and after it.
        env.set_state(state)
        env.act(action.astype(float))
        env.batch.step(nstep=3)
        acceleration = (after - env.qvel)[:, 6:] / 0.005
        env.batch.step()
        np.testing.assert_array_equal(env.qvel, after)
        env.set_state(state)
        env.step(action)
        motion = Motion(
            command=command,  # the reward is for following the command that was observed before the step
            linear_velocity=observations[:, 0:3].astype(float),
            angular_velocity=observations[:, 3:6].astype(float),
            gravity=observations[:, 6:9].astype(float),
            torque=torque,
            acceleration=acceleration,
            action=action.astype(float),
            previous_action=before,
            air_time=air_time,
            first_contact=first_contact,
        )
        expected = weighted_terms(motion)
        assert list(env.reward_rates) == list(expected)
        for name, rate in expected.items():
            np.testing.assert_allclose(env.reward_rates[name], rate, rtol=1e-4, atol=1e-5)
        assert rewards == pytest.approx(0.02 * sum(expected.values()), rel=1e-4, abs=1e-6)
        share = speed_share(motion.linear_velocity[:, :2], motion.command[:, :2])
        assert list(env.metrics) == ["speed_share", *expected]
        np.testing.assert_allclose(env.metrics["speed_share"], share, rtol=1e-4, atol=1e-5)
        for name, rate in env.reward_rates.items():
            np.testing.assert_array_equal(env.metrics[name], rate)


def drop(env: VelocityFlatA1, height: float) -> None:
    """Lay every robot flat on its trunk, legs folded up out of the way, its root at this height."""
    env.reset()
    env.qpos[:, 2] = height
    env.qpos[:, 3:7] = [1, 0, 0, 0]
    env.qvel[:] = 0.0
    env.qpos[:, env._columns] = [0.0] * 4 + [3.5] * 4 + [-1.5] * 4


def test_a_trunk_on_the_floor_ends_the_episode_as_a_failure() -> None:
    env = open_a1(2, randomize=False)
    drop(env, 0.057)  # half the trunk's height
    _, rewards, dones, infos = env.step(zeros(env))
    assert dones.all()
    assert not infos[0]["TimeLimit.truncated"]
    assert np.isfinite(rewards).all()


def test_a_trunk_above_the_floor_does_not() -> None:
    env = open_a1(2, randomize=False)
    drop(env, 0.10)
    assert not env.step(zeros(env))[2].any()


@pytest.mark.parametrize(("step", "ends"), [(0, False), (1, True), (2, True), (3, True)])
def test_only_the_last_three_physics_steps_count(step: int, ends: bool) -> None:
    env = open_a1(1)
    env.reset()
    env.records["sensordata"][:] = 0.0
    env.records["sensordata"][0, step, 2] = -1.1  # N of vertical force on the trunk
    assert env.terminations().tolist() == [ends]


def test_a_trunk_contact_of_one_newton_is_none() -> None:
    env = open_a1(1)
    env.reset()
    env.records["sensordata"][:] = 0.0
    env.records["sensordata"][0, :, 2] = -1.0
    env.records["sensordata"][0, :, 5] = -50.0  # a foot's
    assert env.terminations().tolist() == [False]


def test_standing_feet_carry_the_robot() -> None:
    env = open_a1(1, randomize=False)
    env.reset()
    env.commands.standing[:] = True
    for _ in range(200):
        env.step(zeros(env))
    vertical = np.abs(env.records["sensordata"][0, -1, 2::3])
    assert vertical[0] == 0.0  # the trunk touches nothing
    assert vertical[1:].sum() == pytest.approx(13.74 * 9.81, rel=0.02)
    assert (vertical[1:] > 20.0).all()


def test_doing_nothing_stands_and_earns_8_to_10() -> None:
    env = open_a1(200)
    env.reset()
    returns = np.zeros(200)
    for _ in range(1000):
        _, rewards, dones, infos = env.step(zeros(env))
        returns += rewards
    assert dones.all()
    assert all(info["TimeLimit.truncated"] for info in infos)
    # The commands make a standard deviation of about 6 per robot, so 0.4 of the mean.
    assert 8.0 < returns.mean() < 11.5


def test_time_out_and_failure_at_once_is_a_failure() -> None:
    env = open_a1(2, randomize=False, max_episode_steps=1)
    drop(env, 0.057)
    env.qpos[1, 2] = 0.3
    _, _, dones, infos = env.step(zeros(env))
    assert dones.all()
    assert [info["TimeLimit.truncated"] for info in infos] == [False, True]


def test_a_command_turns_the_robot_to_its_heading() -> None:
    env = open_a1(3, observation_noise=False, randomize=False)
    env.reset()
    env.commands.standing[:] = [False, False, True]
    env.commands.heading[:] = [0.6, -3.0, 0.6]
    observations, *_ = env.step(zeros(env))
    # the robots look along x: 0.5·0.6 and 0.5·-3 clipped to -1
    assert observations[:, 11] == pytest.approx([0.3, -1.0, 0.0], abs=1e-3)
    assert observations[2, 9:12].tolist() == [0.0, 0.0, 0.0]


def test_starts_fill_their_ranges() -> None:
    env = open_a1(2000)
    env.reset()
    yaw = 2 * np.arctan2(env.qpos[:, 6], env.qpos[:, 3])
    for values, limit in ((env.qpos[:, 0], 0.5), (env.qpos[:, 1], 0.5), (yaw, np.pi)):
        # 2000 uniform draws: odds of 4e-5 that the largest stays below 99 % of the limit
        assert -limit <= values.min() < -0.99 * limit
        assert 0.99 * limit < values.max() <= limit
    assert (env.qpos[:, 4:6] == 0).all()
    assert (env.qvel == 0).all()
    assert (env.qpos[:, 2] == 0.42).all()


def test_trunk_masses_are_drawn_once_from_the_seed() -> None:
    env = open_a1(500, seed=4)
    trunk = env.model.body("trunk").id
    masses = env.batch.expand("body_mass")[:, trunk].copy()
    inertias = env.batch.expand("body_inertia")[:, trunk].copy()
    # 6 kg + U(-1, 3): mean 7, standard deviation 4/√12 = 1.155, of the mean of 500: 0.05
    assert masses.min() >= 5.0
    assert masses.max() <= 9.0
    assert masses.mean() == pytest.approx(7.0, abs=0.25)
    scale = masses / 6.0
    np.testing.assert_allclose(inertias, scale[:, None] * [0.0158533, 0.0377999, 0.0456542], rtol=1e-9)
    env.reset()
    env.step(zeros(env))
    env.reset()
    np.testing.assert_array_equal(env.batch.expand("body_mass")[:, trunk], masses)
    np.testing.assert_array_equal(open_a1(500, seed=4).batch.expand("body_mass")[:, trunk], masses)
    assert (open_a1(500, seed=5).batch.expand("body_mass")[:, trunk] != masses).all()


def test_without_randomisation_all_robots_start_alike() -> None:
    env = open_a1(3, randomize=False)
    env.reset()
    assert (env.qpos == env.qpos[0]).all()
    assert env.qpos[0, :3].tolist() == [0.0, 0.0, 0.42]
    assert env.batch.expanded("body_mass") is None  # no robot has a mass of its own
