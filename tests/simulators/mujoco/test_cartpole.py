import numpy as np
import pytest

from tests.simulators.mujoco.support import open_cartpole, zeros
from tuner.simulators.mujoco._cartpole import reward_rates


def test_reward_rates_by_hand() -> None:
    positions = np.array([[0.5, 0.0], [1.0, 0.2], [3.1, -1.0], [0.0, 2 * np.pi + 0.1]])
    velocities = np.array([[0.0, 0.0], [-2.0, 3.0], [4.0, 0.0], [0.0, 0.0]])
    terminated = np.array([False, False, True, False])
    # 1. upright and at rest, wherever the cart is: 1
    # 2. 1 - 0.2² - 0.01·2 - 0.005·3 = 1 - 0.04 - 0.02 - 0.015 = 0.925
    # 3. -2 - 1² - 0.01·4 = -3.04
    # 4. one turn is as good as none: 1 - 0.1² = 0.99
    assert reward_rates(positions, velocities, terminated) == pytest.approx([1.0, 0.925, -3.04, 0.99])


def test_rewards_are_rates_times_the_control_period() -> None:
    env = open_cartpole(8)
    env.reset()
    observations, rewards, _, _ = env.step(zeros(env))
    state = observations.astype(float)
    expected = reward_rates(state[:, :2], state[:, 2:], np.zeros(8, dtype=bool)) / 60
    assert env.control_period_seconds == pytest.approx(1 / 60)
    assert rewards == pytest.approx(expected, abs=1e-6)


def test_starts_fill_their_ranges() -> None:
    start = open_cartpole(2000).reset()
    limits = np.array([1.0, np.pi / 4, 0.5, np.pi / 4])
    # The largest of 2000 uniform draws lies within 1 % of its limit but for odds of 0.995^2000 = 4e-5.
    assert (np.abs(start) <= limits + 1e-6).all()
    assert (start.max(axis=0) > 0.99 * limits).all()
    assert (start.min(axis=0) < -0.99 * limits).all()


def test_an_action_of_one_pushes_with_100_newtons_and_the_motor_gives_400_at_most() -> None:
    env = open_cartpole(3)
    force = env.batch.bind("actuator_force")
    env.reset()
    env.step(np.array([[1.0], [100.0], [-4.5]], dtype=np.float32))
    assert force[:, 0] == pytest.approx([100.0, 400.0, -400.0])


def test_a_push_accelerates_cart_and_pole() -> None:
    env = open_cartpole(1)
    env.reset()
    env.qpos[:] = 0.0
    env.qvel[:] = 0.0
    observations, *_ = env.step(np.array([[0.1]], dtype=np.float32))
    # 10 N on a cart of 1 kg with an upright rod (1 kg, 1 m) hinged to it. Lagrange: 2·x'' + 0.5·θ'' = F,
    # 0.5·x'' + θ''/3 = 0, so θ'' = -1.5·x'' and x'' = F / 1.25 = 8 m/s², θ'' = -12 rad/s².
    # After 1/60 s: 0.133 m/s and -0.2 rad/s; the damping of the slider takes a few per cent (10 N·s/m).
    assert observations[0, 2] == pytest.approx(8 / 60, rel=0.15)
    assert observations[0, 3] == pytest.approx(-12 / 60, rel=0.15)


def test_leaving_the_track_fails() -> None:
    env = open_cartpole(3)
    env.reset()
    env.qpos[:] = [[2.9, 0.0], [2.99, 0.0], [-2.99, 0.0]]
    env.qvel[:] = [[0.0, 0.0], [3.0, 0.0], [-3.0, 0.0]]  # 3 m/s for 1/60 s is 0.05 m
    observations, rewards, dones, infos = env.step(zeros(env))
    assert dones.tolist() == [False, True, True]
    assert infos[1]["terminal_observation"][0] > 3.0
    assert infos[2]["terminal_observation"][0] < -3.0
    assert not infos[1]["TimeLimit.truncated"]
    assert rewards[1] < -2 / 60
    assert (np.abs(observations[:, 0]) < 3.0).all()


def test_failing_in_the_last_step_is_a_failure() -> None:
    env = open_cartpole(2, max_episode_steps=1)
    env.reset()
    env.qpos[:] = [[0.0, 0.0], [3.5, 0.0]]
    _, _, dones, infos = env.step(zeros(env))
    assert dones.all()
    assert [info["TimeLimit.truncated"] for info in infos] == [True, False]


def test_a_linear_controller_solves_it_with_less_than_one_per_cent_of_the_box() -> None:
    env = open_cartpole(64)
    observations = env.reset()
    returns, largest = np.zeros(64), 0.0
    for _ in range(env.max_episode_steps):
        actions = observations @ np.array([[0.05], [0.7], [0.12], [0.15]], dtype=np.float32)
        observations, rewards, _, _ = env.step(actions)
        returns += rewards
        largest = max(largest, float(np.abs(actions).max()))
    assert returns.mean() > 4.7  # of 5 at most
    assert largest < 1.0


def test_metrics_are_of_the_episode_that_ended() -> None:
    env = open_cartpole(3)
    env.reset()
    env.qpos[:] = [[0.5, 2 * np.pi - 0.1], [-4.0, 0.0], [-1.0, 0.3]]
    env.qvel[:] = 0.0
    _, _, dones, infos = env.step(zeros(env))
    assert dones.tolist() == [False, True, False]  # off the track, and placed anew
    assert env.metrics["pole_angle"] == pytest.approx([0.1, 0.0, 0.3], abs=0.01)
    assert env.metrics["cart_distance"][1] == pytest.approx(abs(infos[1]["terminal_observation"][0]), rel=1e-6)
    assert env.metrics["cart_distance"][[0, 2]] == pytest.approx([0.5, 1.0], abs=0.01)
