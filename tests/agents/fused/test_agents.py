"""What the fused agents change in SBX's classes: collecting, which stores what Stable-Baselines3 stores, and acting."""

import jax
import numpy as np
import pytest
import sbx
from sbx.common.policies import BaseJaxPolicy
from stable_baselines3.common.callbacks import BaseCallback

from tests.agents.fused.support import ONE_BLOCK, Acting, fused_agent, fused_config
from tests.agents.small import small_agent, small_config
from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, normalize_observations
from tuner.clock import Ledger, ManualClock

# Accelerations of up to 20 m/s² throw many robots over 2 m within their 12 steps.
TASK = {"max_episode_steps": 12, "action_limit": 20.0}
RANDOM = {"train_freq": 3, "learning_starts": 10**6, "buffer_size": 39 * 4}


def test_classes_are_those_of_sbx():
    assert isinstance(fused_agent(), sbx.SAC)
    tqc = small_agent(fused_config("tqc"))
    assert isinstance(tqc, sbx.TQC)
    assert (
        tqc.learner.programs.shape.target_quantiles == 2 * 25 - 2 * 2
    )  # two critics of 25 quantiles, two dropped of each


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


def test_a_bonus_for_living_is_in_the_stored_rewards_only():
    config = fused_config(arguments=RANDOM)
    plain, paid = (
        agent_on(config.model_copy(update={"alive_bonus": bonus}), PointMassEnv(4, **TASK)) for bonus in (0.0, 0.5)
    )
    for agent in (plain, paid):
        agent.learn(39 * 4)
        agent.replay_buffer.flush()
    before, after = (np.asarray(agent.replay_buffer.memory.endings) for agent in (plain, paid))
    failed = (before[..., 1] == 1) & (before[..., 2] == 0)
    assert failed.any()
    assert (before[..., 2] == 1).any()  # running out of time is not failing
    np.testing.assert_allclose(after[..., 0] - before[..., 0], np.where(failed, 0.0, 0.5), atol=1e-6)
    np.testing.assert_array_equal(after[..., 1:], before[..., 1:])


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
    """Keeps the calls that it gets, and stops training at a step."""

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


def test_callbacks_are_called_as_in_stable_baselines3():
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
    agent.learner.finish_updates()
    assert agent.replay_buffer.size() == 8
    assert agent._n_updates == int(agent.policy.qf_state.step) == 6


def test_going_on_while_updates_in_several_calls_are_pending():
    agent = fused_agent(gradient_steps=8, train_freq=4)  # four calls, one at each step of the next rollout
    agent.learn(400, callback=Recorder(last_step=64))
    assert agent.replay_buffer.size() == 15  # three rollouts, and three steps of the fourth
    agent.learn(32, reset_num_timesteps=False)  # completes that rollout at its first step
    agent.learner.finish_updates()
    assert agent.replay_buffer.size() == 23
    assert agent._n_updates == int(agent.policy.qf_state.step) == 8 * 5  # after rollouts 1 to 3, and two more


def test_random_until_learning_starts_then_as_sbx_explores():
    agent = fused_agent(probes=[1], learning_starts=12)
    box = agent.action_space
    uniform = np.random.Generator(np.random.PCG64())
    uniform.bit_generator.state = box.np_random.bit_generator.state
    key = agent.policy.key
    acting = Acting(agent)
    agent.learn(4 * 4)  # 0, 4 and 8 transitions are fewer than 12; the fourth step asks the policy
    drawn = [uniform.uniform(box.low, box.high, size=(4, 1)) for _ in range(3)]
    half = (box.high - box.low) / 2
    others = [0, 2, 3]
    taken = np.array(acting.actions)
    np.testing.assert_allclose(taken[:3, others], (np.array(drawn) / half)[:, others], rtol=1e-5, atol=1e-6)
    for _ in range(4):  # SBX draws a new key at every step
        key, noise = jax.random.split(key)
    expected = BaseJaxPolicy.sample_action(agent.policy.actor_state, acting.observations[3], noise)
    np.testing.assert_allclose(taken[3, others], np.asarray(expected)[others], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(taken[:, 1], acting.modes()[:, 1], rtol=1e-5, atol=1e-6)  # the probe, always


def test_actions_are_stored_and_commanded_in_their_units():
    config = fused_config(action_bound_fraction=0.5)
    agent = small_agent(config)
    agent._setup_learn(4)
    actions, scaled = agent._sample_action(0, None, 4)
    np.testing.assert_allclose(actions, scaled / 2, rtol=1e-6)  # the task's box is ±1, the agent's half of it
    assert scaled.dtype == actions.dtype == np.float32


def noise_of(acting):
    """The standard normal numbers behind the actions, shape (steps, robots): (artanh(a) − mean) / deviation."""
    apply = acting.agent.policy.actor_state.apply_fn
    numbers = []
    for given, rows, actions in zip(acting.parameters, acting.observations, acting.actions, strict=True):
        gaussian = apply(given, rows).distribution
        numbers.append((np.arctanh(actions) - gaussian.mean()) / gaussian.stddev())
    return np.array(numbers)[:, :, 0]


@pytest.mark.parametrize(("hold", "changes"), [(-1, [4, 8]), (2, [2, 4, 6, 8, 10])], ids=["a rollout", "two steps"])
def test_held_noise_repeats_for_each_robot(hold, changes):
    config = fused_config(
        arguments=ONE_BLOCK
        | {"use_sde": True, "use_sde_at_warmup": True, "sde_sample_freq": hold, "train_freq": 4, "learning_rate": 1e-2},
        initial_std=0.3,
    )
    agent = small_agent(config, probes=[3])
    acting = Acting(agent)
    agent.learn(3 * 4 * 4)
    noise = noise_of(acting)
    assert noise.shape == (12, 4)
    np.testing.assert_allclose(noise[:, 3], 0, atol=1e-4)  # the probe
    for step in range(1, 12):
        difference = np.abs(noise[step, :3] - noise[step - 1, :3])
        if step in changes:
            assert difference.min() > 1e-3
        else:
            np.testing.assert_allclose(difference, 0, atol=1e-3)
    assert np.abs(noise[:, 0] - noise[:, 1]).min() > 1e-3  # each robot has its own


def test_noise_is_new_at_every_step_unless_held():
    agent = fused_agent(train_freq=4, learning_starts=8, sde_sample_freq=2)
    acting = Acting(agent)
    agent.learn(2 * 4 * 4)
    noise = noise_of(acting)[2:]  # the first two steps are random
    assert np.abs(np.diff(noise, axis=0)).min() > 1e-3


def test_noise_on_top_of_the_actors():
    agent = fused_agent(probes=[0], action_noise=0.2)
    agent._setup_learn(4)
    agent.exploration_std = 0.0
    plain = agent._sample_action(0, None, 4)[1]
    agent.learner.redraw_noise = False  # the same draw of the actor
    agent.exploration_std = 0.2
    np.random.seed(3)
    noisy = agent._sample_action(0, None, 4)[1]
    np.random.seed(3)
    noise = np.random.normal(0, 0.2, (4, 1))
    np.testing.assert_allclose(noisy[1:], np.clip(plain + noise, -1, 1)[1:], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(noisy[0], plain[0])


def test_a_linear_learning_rate_falls_with_the_training_clock_for_actor_and_critics():
    agent = fused_agent(learning_rate="lin_1e-2", learning_starts=4)
    agent.ledger, agent.budget_seconds = Ledger(ManualClock(), "idle"), 10.0
    step = agent.env.step_wait

    def slow_step():
        with agent.ledger.account("simulate"):
            agent.ledger._clock.sleep(1.0)
            return step()

    agent.env.step_wait = slow_step
    agent.learn(4 * 4)
    agent.learner.finish_updates()
    # Four steps of four robots, 1 s each: six tenths of the budget are left when the last update begins.
    for state in (agent.policy.actor_state, agent.policy.qf_state):
        assert state.opt_state.hyperparams["learning_rate"] == pytest.approx(6e-3)
    assert agent.learner._numbers().entropy_learning_rate == pytest.approx(1e-2)  # as in SBX it keeps its first rate


def test_prediction_is_that_of_sbx():
    agent = fused_agent()
    agent.learn(32)
    observations = np.random.default_rng(0).normal(size=(6, 2)).astype(np.float32)
    for rows in (observations[:4], observations, observations[0]):  # all robots' has a program of its own
        found = agent.predict(rows, deterministic=True)[0]
        np.testing.assert_allclose(found, agent.policy.predict(rows, deterministic=True)[0], rtol=1e-5, atol=1e-6)
    assert agent.predict(observations, deterministic=False)[0].shape == (6, 1)


def test_as_many_updates_as_environment_steps():
    assert fused_agent(gradient_steps=-1, train_freq=2).gradient_steps == 8  # two steps of four robots
