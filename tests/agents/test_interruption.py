"""n-step targets by hand: γ = 0.5, n = 3, rewards 1, 2, 4, … so that every sum tells which steps went into it."""

import jax
import numpy as np
import pytest

from tests.agents.small import small_agent, small_config
from tuner.agents import mark_interruption, restart_from
from tuner.agents.fused import DeviceReplayBuffer
from tuner.agents.fused._replay_buffer import DONE, TIMEOUT, transitions

ROBOTS = 2

draw_transitions = jax.jit(transitions, static_argnames="n_steps")


def n_step_agent(learner="stock"):
    arguments = {"n_steps": 3, "gamma": 0.5, "buffer_size": 20 * ROBOTS}
    config = small_config(learner=learner, normalize_observations=False, arguments=arguments)
    return small_agent(config, num_envs=ROBOTS)


def store(agent, step, *, failed=(False, False)):
    """Store the transition `step` → `step + 1` of both robots with reward 2^step."""
    fused = isinstance(agent.replay_buffer, DeviceReplayBuffer)
    observation = np.full((ROBOTS, 2), float(step), dtype=np.float32)
    agent.replay_buffer.add(
        observation,
        observation + 1,
        np.zeros((ROBOTS, 1)),
        np.full(ROBOTS, 2.0**step),
        np.array(failed),
        np.zeros(ROBOTS) if fused else [{} for _ in range(ROBOTS)],
    )


def target(agent, step):
    """The 3-step reward, discount, whether it ended by failure, and the bootstrap observation, of robot 0's `step`."""
    buffer = agent.replay_buffer
    if isinstance(buffer, DeviceReplayBuffer):
        buffer.flush()
        place = np.array([step]), np.array([0])
        batch = draw_transitions(buffer.memory, *place, buffer.filled.newest, gamma=0.5, n_steps=3)
        parts = batch.rewards, batch.discounts, batch.dones, batch.next_observations[:, :1]
        return tuple(float(np.asarray(part).item()) for part in parts)
    generator, state = np.random, np.random.get_state()
    for seed in range(50):  # until robot 0 is drawn
        generator.seed(seed)
        drawn = generator.randint(0, ROBOTS, size=1)[0]
        if drawn == 0:
            generator.seed(seed)
            sample = agent.replay_buffer._get_samples(np.array([step]))
            break
    np.random.set_state(state)
    values = sample.rewards, sample.discounts, sample.dones, sample.next_observations[:, :1]
    return tuple(float(value.numpy().item()) for value in values)


@pytest.mark.parametrize("learner", ["stock", "fused"])
def test_n_step_return_stops_at_the_interruption(learner):
    agent = n_step_agent(learner)
    for step in range(3):
        store(agent, step)
    mark_interruption(agent)
    for step in range(3, 8):
        store(agent, step)
    # Steps 0, 1, 2 lie before the break: 1 + ½·2 + ¼·4 = 3, bootstrapping from 3 with ½³.
    assert target(agent, 0) == (3.0, 0.125, 0.0, 3.0)
    # From step 1 only two steps are left: 2 + ½·4 = 4, bootstrapping from 3 with ½²; from step 2 one: 4 with ½.
    assert target(agent, 1) == (4.0, 0.25, 0.0, 3.0)
    assert target(agent, 2) == (4.0, 0.5, 0.0, 3.0)
    # Behind the break: 8 + ½·16 + ¼·32 = 24, bootstrapping from 6.
    assert target(agent, 3) == (24.0, 0.125, 0.0, 6.0)


@pytest.mark.parametrize("learner", ["stock", "fused"])
def test_without_the_mark_it_would_cross(learner):
    agent = n_step_agent(learner)
    for step in range(8):
        store(agent, step)
    assert target(agent, 2) == (4 + 8 / 2 + 16 / 4, 0.125, 0.0, 5.0)


@pytest.mark.parametrize("learner", ["stock", "fused"])
def test_a_failure_at_the_interruption_stays_a_failure(learner):
    agent = n_step_agent(learner)
    store(agent, 0)
    store(agent, 1, failed=(True, False))
    mark_interruption(agent)
    store(agent, 2)
    store(agent, 3)
    assert target(agent, 0) == (2.0, 0.25, 1.0, 2.0)  # 1 + ½·2, and no bootstrap


def test_interruption_when_the_buffer_has_just_wrapped():
    agent = n_step_agent()
    for step in range(20):
        store(agent, step)
    assert agent.replay_buffer.pos == 0
    mark_interruption(agent)
    assert agent.replay_buffer.timeouts[19].tolist() == [1.0, 1.0]
    store(agent, 20)  # overwrites row 0
    assert target(agent, 19) == (2.0**19, 0.5, 0.0, 20.0)
    for step in range(21, 40):
        store(agent, step)
    assert agent.replay_buffer.timeouts[19].tolist() == [0.0, 0.0]  # the mark went with its step


def test_nothing_stored_yet():
    agent = n_step_agent()
    mark_interruption(agent)
    assert not agent.replay_buffer.timeouts.any()


def test_interruption_when_the_ring_on_the_device_has_just_wrapped():
    agent = n_step_agent("fused")
    for step in range(20):
        store(agent, step)
    agent.replay_buffer.flush()
    mark_interruption(agent)
    assert agent.replay_buffer.memory.endings[19, :, TIMEOUT].tolist() == [1.0, 1.0]
    store(agent, 20)  # overwrites row 0
    assert target(agent, 19) == (2.0**19, 0.5, 0.0, 20.0)
    for step in range(21, 40):
        store(agent, step)
    agent.replay_buffer.flush()
    assert agent.replay_buffer.memory.endings[19, :, TIMEOUT].tolist() == [0.0, 0.0]  # the mark went with its step


TRAINERS = [("sac", "stock"), ("ppo", "stock"), ("sac", "fused")]


@pytest.mark.parametrize(("algorithm", "learner"), TRAINERS)
def test_training_goes_on_from_the_given_observations(algorithm, learner):
    arguments = {"gradient_steps": 2, "policy_delay": 2} if learner == "fused" else {}
    agent = small_agent(small_config(algorithm, learner=learner, arguments=arguments))
    agent.learn(32)
    statistics = agent.get_vec_normalize_env().obs_rms
    count = statistics.count
    observations = np.array([[0.5, 0.0], [-0.5, 0.0], [0.25, 1.0], [0.0, -1.0]], dtype=np.float32)
    mark_interruption(agent)
    restart_from(agent, observations)
    expected = (observations - statistics.mean) / np.sqrt(statistics.var + agent.get_vec_normalize_env().epsilon)
    np.testing.assert_allclose(agent._last_obs, np.clip(expected, -10, 10), rtol=1e-5)
    np.testing.assert_array_equal(agent.get_vec_normalize_env().get_original_obs(), observations)
    assert statistics.count == count
    if algorithm == "ppo":
        assert agent._last_episode_starts.all()
    elif learner == "fused":
        agent.learn(4, reset_num_timesteps=False)
        agent.learner.finish_updates()
        memory, newest = agent.replay_buffer.memory, int(agent.replay_buffer.filled.newest)
        np.testing.assert_array_equal(memory.observations[newest], observations)
        assert (np.asarray(memory.endings[newest - 1, :, DONE:]) == 1).any(axis=1).all()  # the step before is marked
    else:
        row = agent.replay_buffer.pos
        agent.learn(4, reset_num_timesteps=False)
        np.testing.assert_array_equal(agent.replay_buffer.observations[row], observations)


def test_restart_without_normalisation():
    agent = n_step_agent()
    observations = np.ones((ROBOTS, 2), dtype=np.float32)
    restart_from(agent, observations)
    np.testing.assert_array_equal(agent._last_obs, observations)
    assert agent._last_obs is not observations
