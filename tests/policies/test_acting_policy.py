"""A policy gives the actions that it gave in training: its noise, held as long, within its box."""

from dataclasses import replace

import numpy as np
import pytest

from tests.actions.folders import BOX, write_trial
from tests.support.point_mass import PointMassEnv
from tuner.errors import UserError
from tuner.policies import Policy
from tuner.policies._acting_policy import ActingPolicy, bounded
from tuner.simulators import JointTargets


def acting(folder, *, deterministic, steps=40):
    """Return the actions of 500 robots in one state, shape (steps, 500)."""
    act = ActingPolicy(Policy.load(folder), PointMassEnv(500), seed=0, deterministic=deterministic)
    return np.stack([act(np.zeros((500, 2), np.float32))[:, 0] for _ in range(steps)])


def test_exploring_td3_adds_its_noise_within_the_box(tmp_path):
    write_trial(tmp_path, "td3", arguments={"action_noise": 0.1})
    assert np.ptp(acting(tmp_path, deterministic=True)) == 0
    drawn = acting(tmp_path, deterministic=False)
    # σ = 0.1 of actions scaled to ±1; the box −0.5 … 0.25 is 0.375 to either side of its centre.
    assert drawn.std() == pytest.approx(0.0375, rel=0.05)
    assert drawn.min() >= BOX.low[0]
    assert drawn.max() <= BOX.high[0]


def test_noise_that_is_held_in_training_is_held_here(tmp_path):
    write_trial(tmp_path, "sac", initial_std=0.2, arguments={"use_sde": True, "train_freq": 4})
    drawn = acting(tmp_path, deterministic=False, steps=8)
    np.testing.assert_array_equal(drawn[:4], np.broadcast_to(drawn[0], (4, 500)))
    np.testing.assert_array_equal(drawn[4:], np.broadcast_to(drawn[4], (4, 500)))
    assert (drawn[0] != drawn[4]).all()


def test_without_noise_it_is_what_plain_sbx_predicts_from_normalised_observations(tmp_path):
    write_trial(tmp_path, "sac")
    policy, task = Policy.load(tmp_path), PointMassEnv(4)
    seen = task.reset()
    expected, _ = policy.agent.predict(policy.normalize(seen), deterministic=True)
    act = ActingPolicy(policy, task, seed=0, deterministic=True)
    np.testing.assert_array_equal(act(seen), expected)
    assert not np.allclose(expected, policy.agent.predict(seen, deterministic=True)[0])


def test_the_task_is_bounded_by_the_policys_box(tmp_path):
    write_trial(tmp_path, "ppo")
    task = PointMassEnv(4)
    stack = bounded(task, task, Policy.load(tmp_path))
    assert (stack.action_space.low.tolist(), stack.action_space.high.tolist()) == ([-0.5], [0.25])
    assert task.action_space.high.tolist() == [1.0]


class WideEnv(PointMassEnv):
    """Observes one number more."""

    def __init__(self):
        super().__init__(2)
        self.observation_space = type(self.observation_space)(-np.inf, np.inf, (3,), np.float32)


def test_a_task_with_other_observations_is_refused(tmp_path):
    write_trial(tmp_path)
    with pytest.raises(UserError, match=r"observations of shape \(2,\), but those of PointMass are of shape \(3,\)"):
        ActingPolicy(Policy.load(tmp_path), WideEnv(), seed=0, deterministic=True)


def test_a_task_with_joints_in_another_order_is_refused(tmp_path):
    write_trial(tmp_path)
    task = PointMassEnv(2)
    task.joint_targets = JointTargets(names=("slide",), default=(0.0,), scale=(1.0,), lower=(-1.0,), upper=(1.0,))
    policy = replace(Policy.load(tmp_path), joints=("hip",))
    with pytest.raises(UserError, match="trained with the joints in the order hip, but here the task has slide"):
        ActingPolicy(policy, task, seed=0, deterministic=True)
