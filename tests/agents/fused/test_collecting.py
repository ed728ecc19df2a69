"""What is stored is what Stable-Baselines3 stores."""

import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback

from tests.agents.fused.support import fused_agent, fused_config
from tests.agents.small import small_config
from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, normalize_observations
from tuner.clock import Ledger, ManualClock

# Accelerations of up to 20 m/s² throw many robots over 2 m within their 12 steps.
TASK = {"max_episode_steps": 12, "action_limit": 20.0}
RANDOM = {"train_freq": 3, "learning_starts": 10**6, "buffer_size": 39 * 4}


def agent_on(config, task):
    return build_agent(config, normalize_observations(task, config), seed=4, ledger=Ledger(ManualClock(), "idle"))


@pytest.mark.parametrize("normalize", [True, False])
def test_stored_steps_are_those_of_stable_baselines3(normalize):
    changes = {"arguments": RANDOM, "normalize_observations": normalize, "clip_observations": 2.0}
    fused, stock = (agent_on(config(**changes), PointMassEnv(4, **TASK)) for config in (fused_config, small_config))
    for agent in (fused, stock):
        agent.learn(60 * 4)  # 60 steps, around a ring of 39
    fused.replay_buffer.flush()
    ours, theirs = fused.replay_buffer.memory, stock.replay_buffer
    np.testing.assert_array_equal(ours.observations, theirs.observations)
    np.testing.assert_array_equal(ours.actions, theirs.actions)
    np.testing.assert_array_equal(ours.next_observations, theirs.next_observations)
    np.testing.assert_array_equal(ours.endings, np.stack([theirs.rewards, theirs.dones, theirs.timeouts], axis=-1))
    assert (int(fused.replay_buffer.filled.newest) + 1) % 39 == theirs.pos
    assert 3 < theirs.timeouts.sum() < theirs.dones.sum() - 3  # failures and time-outs both
    np.testing.assert_array_equal(fused._last_obs, stock._last_obs)
    assert fused.num_timesteps == stock.num_timesteps == 240
    if normalize:
        np.testing.assert_array_equal(fused._last_original_obs, stock._last_original_obs)


def test_last_observation_of_an_episode_is_stored_as_the_task_gave_it():
    agent = agent_on(fused_config(arguments=RANDOM), PointMassEnv(4, **TASK))
    agent.learn(39 * 4)
    agent.replay_buffer.flush()
    memory = agent.replay_buffer.memory
    positions, dones, timeouts = memory.next_observations[..., 0], memory.endings[..., 1], memory.endings[..., 2]
    failed = np.asarray((dones == 1) & (timeouts == 0))
    assert failed.sum() > 3
    assert np.abs(positions)[failed].min() > 2  # fell beyond 2 m; a robot that starts anew lies within 1
    ended = np.asarray(dones[:-1] == 1)
    assert np.abs(memory.observations[1:, :, 0])[ended].max() < 1
    # Where no episode ended, a step leads to where the next one starts.
    np.testing.assert_array_equal(
        np.asarray(memory.next_observations[:-1])[~ended], np.asarray(memory.observations[1:])[~ended]
    )


class Recorder(BaseCallback):
    """Keeps what it is told, and stops training at a step."""

    def __init__(self, last_step=None):
        super().__init__()
        self.calls = []
        self.rewards = []
        self.last_step = last_step

    def _on_rollout_start(self):
        self.calls.append("start")

    def _on_step(self):
        self.calls.append(self.num_timesteps)
        self.rewards.append(self.locals["rewards"].shape)
        return self.last_step is None or self.num_timesteps < self.last_step

    def _on_rollout_end(self):
        self.calls.append("end")


def test_callbacks_hear_what_those_of_stable_baselines3_hear():
    heard = []
    for config in (fused_config, small_config):
        agent, recorder = agent_on(config(arguments=RANDOM), PointMassEnv(4, **TASK)), Recorder()
        agent.learn(24, callback=recorder)
        heard.append((recorder.calls, recorder.rewards))
    assert heard[0] == heard[1]
    assert heard[0][0] == ["start", 4, 8, 12, "end", "start", 16, 20, 24, "end"]


def test_stopping_within_a_rollout_and_going_on():
    agent = fused_agent(train_freq=2, learning_starts=8)
    recorder = Recorder(last_step=20)
    agent.learn(400, callback=recorder)
    assert recorder.calls[-2:] == ["start", 20]
    assert agent.num_timesteps == 20
    assert agent.replay_buffer.size() == 4  # the step at which it was stopped is not stored, as in SB3
    agent.learn(16, reset_num_timesteps=False)
    agent.finish_updates()
    assert agent.replay_buffer.size() == 8
    assert agent._n_updates == int(agent.policy.qf_state.step) == 6


def test_going_on_while_updates_in_several_calls_are_pending():
    agent = fused_agent(gradient_steps=8, train_freq=4)  # four calls, one at each step of the next rollout
    agent.learn(400, callback=Recorder(last_step=64))
    assert agent.replay_buffer.size() == 15  # three rollouts, and three steps of the fourth
    agent.learn(32, reset_num_timesteps=False)  # completes that rollout at its first step
    agent.finish_updates()
    assert agent.replay_buffer.size() == 23
    assert agent._n_updates == int(agent.policy.qf_state.step) == 8 * 5  # after rollouts 1 to 3, and two more
