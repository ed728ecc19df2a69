"""The alternatives to a tight action box, their arithmetic by hand first, then agents that use them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tensorflow_probability.substrates.jax as tfp
from scipy import stats

from tests.agents.fused.support import ONE_BLOCK, Acting, fused_agent, fused_config
from tests.agents.small import parameters, small_agent
from tests.agents.test_warm_up import compilations
from tests.support.point_mass import PointMassEnv
from tuner.agents import warm_up
from tuner.agents.fused._box_alternatives import PlainNormal, ScaledTanhNormal, box_share, reward_lost
from tuner.agents.fused._networks import TanhNormal
from tuner.clock import ManualClock
from tuner.config import BoundsPenalty, BoxSchedule
from tuner.simulators import bound_actions

MEAN = jnp.array([[0.3, -2.0], [1.5, 0.0]])
STD = jnp.array([0.5, 2.0])
SCHEDULE = BoxSchedule(start=0.25, seconds=60.0)
PLAIN = {"squash": False, "initial_std": 0.5}
FROZEN = ONE_BLOCK | {"learning_rate": 1e-12, "ent_coef": 0.0, "gamma": 0.9}
"""Nothing moves, and entropy has no effect, so the critic's loss can be worked out."""


def gaussian():
    return tfp.distributions.MultivariateNormalDiag(loc=MEAN, scale_diag=jnp.broadcast_to(STD, MEAN.shape))


@pytest.mark.parametrize(
    ("seconds", "share"),
    # start^(1 − t/60) with start 1/4: half the time is the square root, 1/2; three quarters the fourth root, 0.7071.
    [(0.0, 0.25), (30.0, 0.5), (45.0, 0.7071), (60.0, 1.0), (500.0, 1.0)],
)
def test_the_box_widens_by_the_same_factor_in_every_second(seconds, share):
    assert box_share(SCHEDULE, seconds) == pytest.approx(share, rel=1e-4)


def test_reward_lost_near_the_bounds():
    penalty = BoundsPenalty(weight=2.0, margin=0.8)
    actions = np.float32([[1.0, 0.9, -0.8, 0.0], [0.5, -0.5, 0.79, 0.0], [-1.0, 1.0, 1.0, -1.0], [1.2, 0, 0, 0]])
    # (1² + 0.5² + 0 + 0) / 4 = 0.3125, twice; inside the margin nothing; at all bounds the weight; 2² / 4 = 1, twice.
    np.testing.assert_allclose(reward_lost(penalty, actions), [0.625, 0.0, 2.0, 2.0], rtol=1e-5)


def test_a_plain_gaussian_has_its_density():
    plain = PlainNormal(gaussian(), 0.0)
    actions = plain.sample(seed=jax.random.PRNGKey(3))
    expected = stats.norm(np.asarray(MEAN), np.asarray(STD)).logpdf(np.asarray(actions)).sum(-1)
    np.testing.assert_allclose(plain.log_prob(actions), expected, rtol=1e-5)
    np.testing.assert_array_equal(plain.mode(), MEAN)
    # At the mean: −ln 0.5 − ln 2 − ln 2π = −1.837877.
    np.testing.assert_allclose(plain.log_prob(MEAN), [-1.837877] * 2, rtol=1e-6)


def test_a_plain_gaussian_is_drawn_from():
    keys = jax.random.split(jax.random.PRNGKey(0), 4000)
    drawn = jax.vmap(lambda key: PlainNormal(gaussian(), 0.0).sample(seed=key))(keys)
    np.testing.assert_allclose(drawn.mean(0), MEAN, atol=5 * 2 / np.sqrt(4000))
    np.testing.assert_allclose(drawn.std(0), np.broadcast_to(STD, MEAN.shape), rtol=5 / np.sqrt(8000))


def test_a_part_of_the_box_scales_actions_and_leaves_the_entropy():
    whole, part = TanhNormal(gaussian()), ScaledTanhNormal(gaussian(), jnp.float32(0.25))
    key = jax.random.PRNGKey(1)
    actions, scaled = whole.sample(seed=key), part.sample(seed=key)
    np.testing.assert_allclose(scaled, 0.25 * actions)
    np.testing.assert_allclose(part.mode(), 0.25 * np.tanh(MEAN), rtol=1e-6)
    np.testing.assert_array_equal(part.log_prob(scaled), whole.log_prob(actions))


def widening_agent(clock=None, **arguments):
    config = fused_config(arguments=ONE_BLOCK | arguments, action_box_schedule=SCHEDULE, initial_std=0.5)
    return small_agent(config, probes=[1], clock=clock)


def plain_agent(*, probes=(1,), penalty=0.0, **arguments):
    config = fused_config(arguments=ONE_BLOCK | arguments, mean_penalty=penalty, **PLAIN)
    return small_agent(config, probes=probes)


def test_actions_fill_the_part_of_the_box_that_is_open():
    clock = ManualClock()
    agent = widening_agent(clock, learning_starts=12)
    agent.ledger.switch("act")
    acting = Acting(agent)
    agent.learn(8)  # at random
    clock.sleep(30.0)
    agent.learn(8, reset_num_timesteps=False)
    random, later = np.abs(acting.actions[:2]), np.abs(acting.actions[2:])
    assert random.max() <= 0.25
    assert random.max() > 0.1
    assert 0.25 < later.max() <= 0.5
    np.testing.assert_allclose(acting.actions[3][1], 0.5 * acting.modes()[3][1], rtol=1e-5)  # the probe
    np.testing.assert_allclose(agent.replay_buffer.memory.actions[:4], acting.actions, rtol=1e-6)  # of the whole box
    rows = np.float32([[0.2, -0.1]])
    half = agent.predict(rows, deterministic=True)[0]
    clock.sleep(30.0)
    np.testing.assert_allclose(agent.predict(rows, deterministic=True)[0], 2 * half, rtol=1e-5)
    assert np.abs(agent.predict(np.repeat(rows, 50, 0))[0]).max() > 0.5


def critic_loss_at(agent, actions_of):
    """The loss of the agent's critics, and what it should be with the given next actions.

    Every transition in the memory is the same, so that it does not matter which are drawn.
    """
    before, after = np.float32([[0.3, -0.2]] * 4), np.float32([[-0.1, 0.4]] * 4)
    actions, rewards, alive = np.full((4, 1), 0.1, np.float32), np.full(4, 0.7, np.float32), np.zeros(4, bool)
    for _ in range(4):
        agent.replay_buffer.add(before, after, actions, rewards, alive, alive)
    agent.train(agent.gradient_steps, agent.batch_size)
    agent.learner.finish_updates()
    critic, actor = agent.policy.qf_state, agent.policy.actor_state
    before, after = (agent.get_vec_normalize_env().normalize_obs(rows) for rows in (before, after))
    following = actions_of(actor.apply_fn(actor.params, after).distribution.mean())
    target = 0.7 + 0.9 * np.min(critic.apply_fn(critic.target_params, after, following), axis=0)
    found = critic.apply_fn(critic.params, before, actions)
    return agent.learner.losses()["critic_loss"], float((0.5 * (target - found) ** 2).mean(axis=1).sum())


def test_next_actions_are_taken_from_the_part_of_the_box_that_is_open():
    clock = ManualClock()
    agent = small_agent(
        fused_config(arguments=FROZEN, action_box_schedule=SCHEDULE, initial_std=1e-6), probes=[1], clock=clock
    )
    agent.ledger.switch("act")
    clock.sleep(30.0)
    found, expected = critic_loss_at(agent, lambda mean: 0.5 * np.tanh(mean))
    assert found == pytest.approx(expected, rel=1e-4)


def test_next_actions_of_a_plain_gaussian_are_not_squashed():
    agent = small_agent(fused_config(arguments=FROZEN, squash=False, initial_std=1e-6), probes=[1])
    state = agent.policy.actor_state
    layers = state.params["params"]
    far = {**layers, "Dense_1": {**layers["Dense_1"], "bias": jnp.full(1, 3.0)}}
    agent.policy.actor_state = state.replace(params={"params": far})
    found, expected = critic_loss_at(agent, np.asarray)
    assert found == pytest.approx(expected, rel=1e-4)


def test_the_deviation_is_the_same_in_every_state_and_is_learned():
    agent = plain_agent(learning_rate=1e-2)
    agent.learn(64)
    agent.learner.finish_updates()
    layers = agent.policy.actor_state.params["params"]
    assert np.abs(layers["Dense_2"]["kernel"]).max() == 0
    assert abs(float(layers["Dense_2"]["bias"][0]) - np.log(0.5)) > 1e-3
    assert np.abs(layers["Dense_1"]["kernel"]).max() > 0


def test_a_heavier_penalty_leaves_smaller_means():
    sizes = []
    for penalty in (0.0, 100.0):
        agent = plain_agent(penalty=penalty, learning_rate=1e-2, learning_starts=8)
        agent.learn(256)
        agent.learner.finish_updates()
        sizes.append(np.abs(agent.predict(np.random.default_rng(0).normal(size=(50, 2)), deterministic=True)[0]).mean())
    assert sizes[1] < sizes[0] / 2


def test_actions_of_a_plain_gaussian_go_beyond_the_box_up_to_the_tasks_own():
    env = PointMassEnv(4)
    config = fused_config(action_bound_fraction=0.1, **PLAIN).resolved([-1.0], [1.0])
    bounded = bound_actions(env, config)
    assert bounded.action_space.high == pytest.approx([0.1])
    given = []
    env.step_async = given.append
    bounded.step_async(np.float32([[0.05], [-0.3], [0.9], [1.5]]))
    np.testing.assert_allclose(given[0], np.float32([[0.05], [-0.3], [0.9], [1.0]]))
    squashed = bound_actions(env, config.model_copy(update={"squash": True}))
    squashed.step_async(np.float32([[0.05], [-0.3], [0.9], [1.5]]))
    np.testing.assert_allclose(given[1], np.float32([[0.05], [-0.1], [0.1], [0.1]]))


def test_a_plain_gaussian_acts_from_the_first_step_and_is_stored_as_it_acted():
    config = fused_config(arguments=ONE_BLOCK | {"learning_starts": 40}, squash=False, initial_std=3.0)
    agent = small_agent(config, probes=[1])
    acting = Acting(agent)
    agent.learn(9 * 4)
    stored = np.asarray(agent.replay_buffer.memory.actions[:8])  # the ninth step is not inserted yet
    np.testing.assert_array_equal(stored, acting.actions[:8])
    others = stored[:, [0, 2, 3]]
    assert np.abs(others).max() > 2  # two thirds of a deviation: of 24 draws more than half lie beyond
    means = [np.arctanh(np.asarray(mode)) for mode in acting.modes()]  # SBX's own network squashes
    np.testing.assert_allclose(stored[:, 1], np.array(means)[:8, 1], rtol=1e-4, atol=1e-5)


def test_only_the_learner_sees_the_penalty():
    penalty = BoundsPenalty(weight=3.0, margin=0.5)
    agent = small_agent(fused_config(bounds_penalty=penalty))
    plain = fused_agent()
    seen = []
    for each in (agent, plain):
        acting = Acting(each)
        env = each.get_vec_normalize_env()
        earned = []
        step = env.step_wait

        def remember(step=step, env=env, earned=earned):
            result = step()
            earned.append(env.get_original_reward())
            return result

        env.step_wait = remember
        each.learn(12)
        stored = np.asarray(each.replay_buffer.memory.endings[:2, :, 0])
        seen.append((np.array(earned[:2]), stored, np.array(acting.actions[:2])))
    (earned, stored, actions), (usual, unchanged, _) = seen
    np.testing.assert_array_equal(earned, usual)
    np.testing.assert_array_equal(usual, unchanged)
    lost = 3.0 * np.square(np.maximum(np.abs(actions[..., 0]) - 0.5, 0) / 0.5)
    assert lost.max() > 0.1
    np.testing.assert_allclose(stored, earned - lost, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", [widening_agent, plain_agent])
def test_nothing_compiles_while_the_numbers_change(make):
    agent = make()
    warm_up(agent)
    before = parameters(agent)
    with compilations() as seen:
        agent.learn(32)
        agent.learner.config = agent.learner.config.model_copy(
            update={"action_box_schedule": BoxSchedule(start=0.5, seconds=7.0)}
            if agent.learner.config.squash
            else {"mean_penalty": 0.3}
        )
        agent.learn(32, reset_num_timesteps=False)
        agent.learner.finish_updates()
    assert seen == []
    assert any((parameters(agent)[name] != array).any() for name, array in before.items())
