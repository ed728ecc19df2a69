"""The penalty on the actor's means, in SBX's own updates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sbx

from tuner.agents import penalizing_means
from tuner.agents.shared.mean_penalty import penalized

MEANS = jnp.array([[0.3, -2.0], [1.5, 0.0]])


def test_the_penalty_on_the_mean_is_in_the_gradient_and_nowhere_else():
    def loss(mean, weight):
        return (3 * penalized(mean, weight)).sum()

    value, gradient = jax.value_and_grad(loss)(MEANS, 0.5)
    assert value == pytest.approx(3 * (0.3 - 2.0 + 1.5))
    # 3, and of 0.5 · mean over four of mean² the derivative 0.5 · 2 · mean / 4.
    np.testing.assert_allclose(gradient, 3 + 0.25 * np.asarray(MEANS), rtol=1e-6)
    np.testing.assert_allclose(jax.grad(loss)(MEANS, 0.0), np.full((2, 2), 3.0))


def trained(algorithm):
    agent = algorithm(
        "MlpPolicy",
        "Pendulum-v1",
        learning_rate=0.01,
        learning_starts=10,
        batch_size=8,
        policy_kwargs={"net_arch": [4]},
        seed=0,
    )
    own = agent.policy.actor_state.apply_fn
    agent.learn(150)
    assert agent.policy.actor_state.apply_fn == own
    return agent


def means(agent):
    """Mean size of the actor's means before squashing, at observations from the replay buffer."""
    drawn = agent.policy.actor_state.apply_fn(
        agent.policy.actor_state.params, agent.replay_buffer.observations[:40, 0].astype(np.float32)
    )
    return np.abs(drawn.distribution.mean()).mean()


@pytest.mark.parametrize("algorithm", [sbx.SAC, sbx.TQC])
def test_it_moves_the_means_towards_zero(algorithm):
    free, pulled = trained(algorithm), trained(penalizing_means(algorithm, 1000.0))
    assert means(pulled) < 0.5 * means(free)


def test_a_tiny_weight_changes_almost_nothing():
    free, pulled = trained(sbx.SAC), trained(penalizing_means(sbx.SAC, 1e-12))
    rows = np.float32([[0.1, -0.4, 0.7]])
    np.testing.assert_allclose(
        pulled.predict(rows, deterministic=True)[0], free.predict(rows, deterministic=True)[0], rtol=1e-4
    )
