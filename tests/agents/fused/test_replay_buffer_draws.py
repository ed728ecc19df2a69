"""By hand: γ = ½ and rewards 1, 2, 4, … so that every sum tells which steps went into it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.buffers import NStepReplayBuffer, ReplayBuffer

from tests.agents.fused.support import samples_of_sb3
from tests.support.point_mass import PointMassEnv
from tuner.agents import normalize_observations
from tuner.agents.fused._replay_buffer import Scaling, Steps, draw_places, insert, scaled, transitions
from tuner.config import AgentConfig

ROWS = 8
ROBOTS = 3
OBSERVATIONS = spaces.Box(-np.inf, np.inf, (2,), np.float32)
ACTIONS = spaces.Box(-1.0, 1.0, (2,), np.float32)

draw_transitions = jax.jit(transitions, static_argnames="n_steps")


def buffer_of_sb3(n_steps, steps):
    """SB3's own buffer after so many random steps, half of which end an episode, half of these by time."""
    sizes = {"buffer_size": ROWS * ROBOTS, "device": "cpu", "n_envs": ROBOTS}
    if n_steps == 1:
        buffer = ReplayBuffer(observation_space=OBSERVATIONS, action_space=ACTIONS, **sizes)
    else:
        buffer = NStepReplayBuffer(
            observation_space=OBSERVATIONS, action_space=ACTIONS, n_steps=n_steps, gamma=0.9, **sizes
        )
    random = np.random.default_rng(steps)
    for _ in range(steps):
        dones = random.random(ROBOTS) < 0.5
        buffer.add(
            random.normal(size=(ROBOTS, 2)),
            random.normal(size=(ROBOTS, 2)),
            random.uniform(-1, 1, (ROBOTS, 2)),
            random.normal(size=ROBOTS),
            dones,
            [{"TimeLimit.truncated": bool(done and random.random() < 0.5)} for done in dones],
        )
    return buffer


def memory_like(buffer):
    endings = np.stack([buffer.rewards, buffer.dones, buffer.timeouts], axis=-1)
    return Steps(*map(jnp.asarray, (buffer.observations, buffer.actions, buffer.next_observations, endings)))


@pytest.mark.parametrize("steps", [5, ROWS, ROWS + 3], ids=["not full", "just full", "wrapped around"])
@pytest.mark.parametrize("n_steps", [1, 3])
def test_every_transition_is_that_of_stable_baselines3(n_steps, steps):
    buffer = buffer_of_sb3(n_steps, steps)
    rows, robots = (places.ravel() for places in np.indices((buffer.size(), ROBOTS)))
    expected = samples_of_sb3(buffer, rows, robots)
    newest = (buffer.pos - 1) % ROWS
    found = draw_transitions(memory_like(buffer), rows, robots, newest, gamma=0.9, n_steps=n_steps)
    np.testing.assert_array_equal(found.observations, expected.observations)
    np.testing.assert_array_equal(found.actions, expected.actions)
    np.testing.assert_array_equal(found.next_observations, expected.next_observations)
    np.testing.assert_array_equal(found.dones, expected.dones[:, 0])
    np.testing.assert_allclose(found.rewards, expected.rewards[:, 0], rtol=1e-6, atol=1e-7)
    discounts = np.full(rows.size, 0.9) if n_steps == 1 else expected.discounts[:, 0]
    np.testing.assert_allclose(found.discounts, discounts, rtol=1e-6)
    assert set(np.unique(found.dones)) == {0.0, 1.0}
    if n_steps > 1:
        assert len(np.unique(np.round(found.discounts, 4))) == 3  # returns of one, two and three steps


def by_hand(*, failed=(), timed_out=(), written=ROWS, start=0):
    """The 3-step reward, discount, failure and bootstrap observation from row `start` of the only robot.

    Row r holds the step written last there: step s leads from observation s to s + 1 and earns 2^s.
    """
    numbers = np.zeros(ROWS)
    for step in range(written):
        numbers[step % ROWS] = step
    endings = np.stack([2.0**numbers, np.isin(numbers, (*failed, *timed_out)), np.isin(numbers, timed_out)], axis=-1)
    memory = Steps(
        *(jnp.asarray(part, jnp.float32)[:, None] for part in (numbers[:, None], numbers[:, None])),
        *(jnp.asarray(part, jnp.float32)[:, None] for part in (numbers[:, None] + 1, endings)),
    )
    place = np.array([start]), np.array([0])
    batch = draw_transitions(memory, *place, (written - 1) % ROWS, gamma=0.5, n_steps=3)
    parts = batch.rewards, batch.discounts, batch.dones, batch.next_observations[:, 0]
    return tuple(float(part[0]) for part in parts)


def test_whole_return():
    # 1 + ½·2 + ¼·4 = 3, bootstrapping from observation 3 with ½³.
    assert by_hand() == (3.0, 0.125, 0.0, 3.0)


def test_failure_ends_the_return_and_the_bootstrap():
    # The second step fails: 1 + ½·2 = 2, nothing after it.
    assert by_hand(failed=[1]) == (2.0, 0.25, 1.0, 2.0)
    # A failure at the third step lets all three count; one at the fourth does not matter.
    assert by_hand(failed=[2]) == (3.0, 0.125, 1.0, 3.0)
    assert by_hand(failed=[3]) == (3.0, 0.125, 0.0, 3.0)


def test_time_out_ends_the_return_but_not_the_bootstrap():
    assert by_hand(timed_out=[1]) == (2.0, 0.25, 0.0, 2.0)
    # The first of two endings counts.
    assert by_hand(timed_out=[0], failed=[1]) == (1.0, 0.5, 0.0, 1.0)


def test_return_stops_at_the_newest_row():
    # Five steps are stored: from step 3 there are two, 8 + ½·16 = 16, from step 4 there is one, 16.
    assert by_hand(written=5, start=3) == (16.0, 0.25, 0.0, 5.0)
    assert by_hand(written=5, start=4) == (16.0, 0.5, 0.0, 5.0)


def test_ring_that_has_wrapped_around():
    # Ten steps in eight rows: rows 0 and 1 hold steps 8 and 9, row 6 still holds step 6.
    # From step 6: 64 + ½·128 + ¼·256 = 192, over the end of the ring, bootstrapping from 9.
    assert by_hand(written=10, start=6) == (192.0, 0.125, 0.0, 9.0)
    # From step 9, the newest, only itself: row 2 after it holds the older step 2.
    assert by_hand(written=10, start=1) == (512.0, 0.5, 0.0, 10.0)
    # From step 8: 256 + ½·512 = 512.
    assert by_hand(written=10, start=0) == (512.0, 0.25, 0.0, 10.0)


def test_rollout_is_written_where_it_belongs():
    memory = Steps(*(jnp.zeros((6, 2, width)) for width in (2, 1, 2, 3)))
    rollout = Steps(*(np.full((2, 2, width), value, np.float32) for value, width in ((1, 2), (2, 1), (3, 2), (4, 3))))
    for part, value in zip(insert(memory, rollout, np.int32(2)), (1, 2, 3, 4), strict=True):
        assert part[:, 0, 0].tolist() == [0, 0, value, value, 0, 0]
        np.testing.assert_array_equal(part[2:4], np.full_like(part[2:4], value))


def test_places_are_uniform_over_what_is_filled():
    rows, robots = draw_places(jax.random.PRNGKey(0), 6000, np.int32(3), 4)
    counts = np.histogram2d(rows, robots, bins=[range(ROWS + 1), range(5)])[0]
    assert counts[3:].sum() == 0
    # 6,000 draws over 12 places are 500 each, with a deviation of √(6000·1/12·11/12) = 21.4; five of them.
    np.testing.assert_allclose(counts[:3], 500, atol=107)
    again = draw_places(jax.random.PRNGKey(0), 6000, np.int32(3), 4)
    other = draw_places(jax.random.PRNGKey(1), 6000, np.int32(3), 4)
    np.testing.assert_array_equal(rows, again[0])
    assert (np.asarray(rows) != other[0]).any()
    assert (np.asarray(robots) != np.asarray(rows)).any()


def test_scaling_is_that_of_vec_normalize():
    env = normalize_observations(PointMassEnv(2), AgentConfig(algorithm="sac", clip_observations=1.5))
    env.obs_rms.mean, env.obs_rms.var = np.array([1.0, -2.0]), np.array([4.0, 0.25])
    observations = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32) * 3
    deviation = np.sqrt(env.obs_rms.var + env.epsilon)
    found = scaled(observations, Scaling(env.obs_rms.mean, deviation, 1.5))
    np.testing.assert_allclose(found, env.normalize_obs(observations), rtol=1e-6)
    assert np.abs(found).max() == 1.5
    np.testing.assert_allclose(scaled(np.array([5.0, -1.5]), Scaling(env.obs_rms.mean, deviation, np.inf)), [2, 1])
