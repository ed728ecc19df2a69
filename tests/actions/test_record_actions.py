"""Recording a policy: what is written down is what it would do under plain SBX, and what the task gets."""

import numpy as np
import pytest

from tests.actions.folders import BOX, TASK, write_trial
from tests.support.point_mass import PointMassEnv
from tuner.actions import record_actions
from tuner.agents import load_normalization
from tuner.config import BoxSchedule
from tuner.policies import GaussianActor, Policy, untrained_policy


class WatchedEnv(PointMassEnv):
    """Keeps what it got and what it showed."""

    def __init__(self, num_envs=4, **options):
        self.got, self.shown = [], []
        super().__init__(num_envs, **options)

    def step_async(self, actions):
        self.got.append(np.array(actions))
        super().step_async(actions)

    def _observe(self):
        self.shown.append(super()._observe())
        return self.shown[-1].copy()


def test_what_is_recorded_is_what_the_task_got(tmp_path):
    write_trial(tmp_path, "ppo", initial_std=0.5)
    env = WatchedEnv(max_episode_steps=20)
    recording = record_actions(Policy.load(tmp_path), env, steps=30, seed=3)
    np.testing.assert_array_equal(recording.commanded, env.got)
    np.testing.assert_array_equal(recording.commanded, np.clip(recording.raw, BOX.low, BOX.high))
    assert (recording.raw > BOX.high).any()
    # The network saw the task's observations through the trial's own normalisation.
    seen = load_normalization(tmp_path).apply(env.shown[0])
    expected, _ = GaussianActor(Policy.load(tmp_path).agent, seed=0).draw(seen)
    np.testing.assert_allclose(recording.mean[0], expected, rtol=1e-5)
    assert (recording.algorithm, recording.squashed, recording.policy) == ("ppo", False, "trained")
    assert (recording.task, recording.joints) == (TASK, None)
    np.testing.assert_array_equal([recording.agent_low, recording.agent_high], [BOX.low, BOX.high])
    np.testing.assert_array_equal([recording.task_low, recording.task_high], [[-1], [1]])


def test_squashed_actions_lie_in_the_agents_box(tmp_path):
    write_trial(tmp_path, "sac")
    recording = record_actions(Policy.load(tmp_path), PointMassEnv(4), steps=10, seed=0)
    # −0.5 … 0.25: the centre is −0.125, the half width 0.375.
    np.testing.assert_allclose(recording.commanded, -0.125 + 0.375 * np.tanh(recording.raw), atol=1e-6)
    assert recording.squashed
    assert not np.array_equal(recording.raw, recording.mean)


def test_actions_that_are_not_squashed_end_at_the_tasks_own_box(tmp_path):
    arguments = {"gradient_steps": 2, "policy_delay": 2}
    agent = write_trial(tmp_path, "sac", learner="fused", squash=False, initial_std=2.0, arguments=arguments)
    recording = record_actions(Policy.load(tmp_path), PointMassEnv(4), steps=20, seed=0)
    # The box of −0.5 … 0.25 is the unit: σ is 2 · 0.375 = 0.75.
    assert not recording.squashed
    np.testing.assert_array_equal(recording.commanded, np.clip(recording.raw, -1, 1))
    np.testing.assert_array_equal([recording.agent_low, recording.agent_high], [[-1], [1]])
    inside = np.abs(recording.commanded) < 1
    assert (recording.commanded[inside] > 0.25).any()
    assert (recording.raw - recording.mean).std() == pytest.approx(0.75, rel=0.25)  # 80 draws: a standard error of 8 %
    seen = np.float32([[0.5, -0.2]] * 4)
    policy = Policy.load(tmp_path)
    mean, _ = GaussianActor(policy.agent, seed=0).draw(seen)
    expected, _ = agent.predict(seen, deterministic=True)
    np.testing.assert_allclose(policy.agent.policy.unscale_action(mean), expected, rtol=1e-3, atol=1e-4)


def test_a_box_that_was_still_widening_is_taken_as_it_was(tmp_path):
    schedule = BoxSchedule(start=0.5, seconds=1e9)
    arguments = {"gradient_steps": 2, "policy_delay": 2}
    write_trial(tmp_path, "sac", learner="fused", action_box_schedule=schedule, arguments=arguments)
    recording = record_actions(Policy.load(tmp_path), PointMassEnv(4), steps=10, seed=0)
    # −0.5 … 0.25: half of it about −0.125 is −0.3125 … 0.0625.
    np.testing.assert_allclose([recording.agent_low, recording.agent_high], [[-0.3125], [0.0625]], rtol=1e-5)
    np.testing.assert_allclose(recording.commanded, -0.125 + 0.1875 * np.tanh(recording.raw), atol=1e-6)


def test_without_noise_the_mean_is_taken(tmp_path):
    write_trial(tmp_path, "sac")
    policy = Policy.load(tmp_path)
    recording = record_actions(policy, PointMassEnv(4), steps=5, seed=0, deterministic=True)
    assert recording.deterministic
    np.testing.assert_array_equal(recording.raw, recording.mean)


def test_the_same_seed_gives_the_same_recording(tmp_path):
    write_trial(tmp_path, "ppo")
    first, again, other = (
        record_actions(Policy.load(tmp_path), PointMassEnv(4), steps=8, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.commanded, again.commanded)
    assert not np.array_equal(first.commanded, other.commanded)


def test_noise_is_held_as_long_as_in_training(tmp_path):
    arguments = {"use_sde": True, "train_freq": 4, "n_steps": 3}
    write_trial(tmp_path, "sac", initial_std=0.2, arguments=arguments)
    recording = record_actions(Policy.load(tmp_path), PointMassEnv(4), steps=8, seed=0)
    noise = recording.raw - recording.mean  # σ is 0.2 in every state, so that noise held is the same number
    np.testing.assert_allclose(noise[:4], np.broadcast_to(noise[0], (4, 4, 1)), atol=1e-6)
    np.testing.assert_allclose(noise[4:], np.broadcast_to(noise[4], (4, 4, 1)), atol=1e-6)
    assert not np.isclose(noise[3], noise[4]).any()


@pytest.mark.parametrize("algorithm", ["sac", "ppo"])
def test_an_untrained_policy_fills_the_tasks_own_box(algorithm):
    env = PointMassEnv(4, action_limit=100.0)
    policy = untrained_policy(TASK, algorithm, env, seed=0)
    recording = record_actions(policy, env, steps=200, seed=0)
    assert recording.policy == "untrained"
    assert recording.agent_high.tolist() == [100.0]
    # PPO's Gaussian is about 1 wide wherever the bounds are; SAC's is stretched over the whole box.
    spread = recording.commanded.std()
    assert (0.8 < spread < 1.5) if algorithm == "ppo" else (spread > 40)
