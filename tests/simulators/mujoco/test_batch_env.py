"""What the tasks share: divergence, states between environments, attributes."""

from pathlib import Path

import numpy as np
import pytest

from tests.simulators.mujoco.support import open_a1, open_cartpole, zeros
from tuner.simulators.mujoco._batch_env import BatchEnv

BROKEN = np.array([False, True, False, False])


def assert_only_robot_1_diverges(env: BatchEnv, actions: np.ndarray) -> None:
    observations, rewards, dones, infos = env.step(actions)
    assert np.isnan(rewards).tolist() == BROKEN.tolist()
    assert dones.tolist() == BROKEN.tolist()
    assert np.isnan(infos[1]["terminal_observation"]).all()
    assert infos[1]["diverged"]
    assert not infos[1]["TimeLimit.truncated"]
    assert infos[0] == infos[2] == infos[3] == {}
    assert np.isfinite(observations).all()  # of robot 1, the start of its next episode
    for _ in range(20):
        observations, rewards, dones, _ = env.step(np.zeros_like(actions))
        assert np.isfinite(observations).all()
        assert np.isfinite(rewards).all()
        assert not dones.any()


@pytest.fixture(autouse=True)
def log_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # MuJoCo writes its warnings to MUJOCO_LOG.TXT


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e12])
def test_a_state_that_is_not_finite_or_huge_shows_as_nan(value: float) -> None:
    env = open_a1(4)
    env.reset()
    env.qvel[1, 8] = value
    assert_only_robot_1_diverges(env, zeros(env))


def test_an_action_that_is_not_finite_shows_as_nan() -> None:
    env = open_a1(4)
    env.reset()
    actions = zeros(env)
    actions[1, 3] = np.nan
    assert_only_robot_1_diverges(env, actions)


def test_an_error_of_the_engine_shows_as_nan() -> None:
    env = open_cartpole(4)
    env.reset()
    joint_types = env.batch.expand("jnt_type")
    valid = joint_types[1, 0].copy()
    joint_types[1, 0] = 99  # no such joint: mj_step raises for this simulation
    _, rewards, dones, infos = env.step(zeros(env))
    assert np.isnan(rewards).tolist() == BROKEN.tolist()
    assert dones.tolist() == BROKEN.tolist()
    assert infos[1]["diverged"]
    joint_types[1, 0] = valid
    assert np.isfinite(env.step(zeros(env))[1]).all()


def test_cartpole_diverges_alone_too() -> None:
    env = open_cartpole(4)
    env.reset()
    env.qpos[1, 1] = np.nan
    assert_only_robot_1_diverges(env, zeros(env))


def test_a_state_moves_to_another_environment_with_another_seed() -> None:
    one, other = open_a1(8, seed=1, max_episode_steps=30), open_a1(8, seed=2, max_episode_steps=30)
    one.spread_ages = True
    one.reset()
    other.reset()
    actions = np.random.default_rng(0).uniform(-1, 1, (60, 8, 12)).astype(np.float32)
    for action in actions[:10]:
        observations = one.step(action)[0]
    state = one.get_state()
    np.testing.assert_array_equal(other.set_state(state), observations)
    ended = 0
    for action in actions[10:]:  # trunk masses, commands, air times and random numbers included
        found, expected = other.step(action), one.step(action)
        for array, wanted in zip(found[:3], expected[:3], strict=True):
            np.testing.assert_array_equal(array, wanted)
        ended += expected[2].sum()
    assert ended >= 8


def test_a_state_is_a_copy() -> None:
    env = open_a1(2)
    env.reset()
    state = env.get_state()
    before = state.physics.copy(), {name: array.copy() for name, array in state.memory.items()}
    for _ in range(5):
        env.step(np.full((2, 12), 0.5, dtype=np.float32))
    np.testing.assert_array_equal(state.physics, before[0])
    for name, array in state.memory.items():
        np.testing.assert_array_equal(array, before[1][name])


def test_a_state_of_another_size_or_task_is_refused() -> None:
    env = open_a1(2)
    for foreign in (open_a1(3), open_cartpole(2)):
        foreign.reset()
        with pytest.raises(ValueError, match="another task or another number of robots"):
            env.set_state(foreign.get_state())


def test_ages_can_be_spread_through_set_attr() -> None:
    env = open_cartpole(50)
    env.set_attr("spread_ages", True)
    env.reset()
    # odds that 50 uniform ages in 0..299 share fewer than 20 values are nil
    assert len(np.unique(env.ages)) > 20
    assert env.ages.max() < 300


def test_robots_have_no_attributes_or_methods_of_their_own() -> None:
    env = open_cartpole(2)
    with pytest.raises(ValueError, match="leave out indices"):
        env.set_attr("spread_ages", True, indices=[0])
    with pytest.raises(NotImplementedError, match="'seed'"):
        env.env_method("seed", 3)


def test_seeding_again_draws_the_same_start_up() -> None:
    env = open_a1(4, seed=1)
    drawn = env.memory["added_mass"].copy()
    env.seed(2)
    assert (env.memory["added_mass"] != drawn).all()
    env.seed(1)
    np.testing.assert_array_equal(env.memory["added_mass"], drawn)
