import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tensorflow_probability.substrates.jax as tfp
from sbx.common.distributions import TanhTransformedDistribution
from sbx.common.policies import SquashedGaussianActor, VectorCritic

from tuner.agents.fused._networks import TanhNormal, _product, computed_once, elu, fast_apply

RANDOM = np.random.default_rng(0)
OBSERVATIONS = RANDOM.normal(size=(6, 5)).astype(np.float32)
ACTIONS = RANDOM.uniform(-1, 1, (6, 3)).astype(np.float32)


def gaussian(mean, log_std):
    return tfp.distributions.MultivariateNormalDiag(loc=mean, scale_diag=jnp.exp(log_std))


def entropy_and_actions(squashed, mean, log_std):
    """What SAC asks: actions, and their log-probability, drawn with one key."""
    distribution = squashed(gaussian(mean, log_std))
    actions = distribution.sample(seed=jax.random.PRNGKey(7))
    return actions, distribution.log_prob(actions)


# Means up to 6 standard deviations from zero: tanh of them rounds to 1 − 1e-5.
MEAN = jnp.linspace(-6, 6, 60).reshape(20, 3)
LOG_STD = jnp.tile(jnp.array([-2.0, 0.0, 0.5]), (20, 1))


def test_squashed_gaussian_is_that_of_sbx():
    actions, log_prob = entropy_and_actions(TanhNormal, MEAN, LOG_STD)
    expected_actions, expected = entropy_and_actions(TanhTransformedDistribution, MEAN, LOG_STD)
    np.testing.assert_allclose(actions, expected_actions, rtol=1e-6)
    np.testing.assert_allclose(log_prob, expected, rtol=1e-5, atol=1e-5)
    assert log_prob.shape == (20,)
    np.testing.assert_allclose(
        TanhNormal(gaussian(MEAN, LOG_STD)).mode(), TanhTransformedDistribution(gaussian(MEAN, LOG_STD)).mode()
    )
    np.testing.assert_array_equal(TanhNormal(gaussian(MEAN, LOG_STD)).mean_before_squashing, MEAN)


def test_gradients_of_the_squashed_gaussian_are_those_of_sbx():
    def loss(mean, log_std, squashed):
        actions, log_prob = entropy_and_actions(squashed, mean, log_std)
        return (actions * jnp.arange(1.0, 4.0)).sum() + log_prob.sum()

    found = jax.grad(loss, argnums=(0, 1))(MEAN, LOG_STD, TanhNormal)
    expected = jax.grad(loss, argnums=(0, 1))(MEAN, LOG_STD, TanhTransformedDistribution)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
        assert np.abs(theirs).max() > 0.5


def test_density_at_the_centre_by_hand():
    # At u = 0 tanh's derivative is 1, so the density is the Gaussian's: with σ = 1, −½·ln(2π) = −0.9189385.
    distribution = TanhNormal(gaussian(jnp.zeros((1, 1)), jnp.zeros((1, 1))))
    distribution._before_squashing = jnp.zeros((1, 1))
    np.testing.assert_allclose(distribution.log_prob(jnp.zeros((1, 1))), [-0.9189385], rtol=1e-6)


def test_density_is_known_for_drawn_actions_only():
    with pytest.raises(ValueError, match="none were drawn"):
        TanhNormal(gaussian(MEAN, LOG_STD)).log_prob(jnp.zeros((20, 3)))


@pytest.mark.parametrize("action_dim", [1, 2, 12])
def test_computing_once_changes_no_number(action_dim):
    drawn = jax.random.normal(jax.random.key(0), (5, action_dim))
    np.testing.assert_array_equal(computed_once(drawn), drawn)
    # XLA would remove a product with a single number, so no product here has such an operand.
    text = jax.jit(computed_once).lower(drawn).as_text()
    assert "tensor<1x1xf32>" not in text


def test_elu_and_its_gradient_are_those_of_flax():
    x = jnp.concatenate([jnp.linspace(-30, 5, 71), jnp.array([0.0, -0.0, 1e-6, -1e-6])])
    np.testing.assert_allclose(elu(x), nn.elu(x), rtol=1e-5, atol=1.2e-7)
    found, expected = (jax.vmap(jax.grad(function))(x) for function in (elu, nn.elu))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1.2e-7)
    # By hand: elu(−1) = e⁻¹ − 1 = −0.6321206, slope e⁻¹ = 0.3678794; at 2 it is 2 with slope 1.
    np.testing.assert_allclose([elu(-1.0), elu(2.0)], [-0.6321206, 2.0], rtol=1e-6)
    np.testing.assert_allclose([jax.grad(elu)(-1.0), jax.grad(elu)(2.0)], [0.3678794, 1.0], rtol=1e-6)


def value_and_gradients(product, x, w, weights):
    def loss(x, w):
        return (product(x, w) * weights).sum()

    return product(x, w), *jax.grad(loss, argnums=(0, 1))(x, w)


@pytest.mark.parametrize("inputs", ["x of its own", "x for all"])
@pytest.mark.parametrize("critics", [None, 2])
def test_float32_product_is_the_matrix_product(critics, inputs):
    shared = inputs == "x for all"
    outer = () if critics is None else (critics,)
    x = RANDOM.normal(size=(() if shared else outer) + (6, 5)).astype(np.float32)
    w = RANDOM.normal(size=(*outer, 5, 4)).astype(np.float32)
    weights = RANDOM.normal(size=(*outer, 6, 4)).astype(np.float32)
    product = _product("float32")
    if critics is not None:
        product = jax.vmap(product, in_axes=(None if shared else 0, 0))
    found = value_and_gradients(product, x, w, weights)
    expected = value_and_gradients(jnp.matmul, x, w, weights)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_bfloat16_product_has_float32_sums():
    x = RANDOM.normal(size=(16, 256)).astype(np.float32)
    w = RANDOM.normal(size=(256, 8)).astype(np.float32)
    found = value_and_gradients(_product("bfloat16"), x, w, np.ones((16, 8), np.float32))
    expected = value_and_gradients(jnp.matmul, x, w, np.ones((16, 8), np.float32))
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.dtype == jnp.float32
        # Each factor is rounded to 8 bits, 2⁻⁹ at most: sums of n products of deviation 1 are off by less than √n/100.
        np.testing.assert_allclose(ours, theirs, atol=0.16)
        assert (np.asarray(ours) != theirs).any()
    # Sums in bfloat16 would lose small terms: 256 + 1/64 · 64 rounds each step back to 256 there.
    row = np.concatenate([[256.0], np.full(64, 1 / 64)]).astype(np.float32)[None]
    assert float(_product("bfloat16")(row, np.ones((65, 1), np.float32))[0, 0]) == 257.0


@pytest.mark.parametrize("activation", [nn.relu, nn.elu], ids=["relu", "elu"])
def test_actor_and_critic_give_the_numbers_of_sbx(activation):
    actor = SquashedGaussianActor(net_arch=(8, 8), action_dim=3, activation_fn=activation)
    critic = VectorCritic(net_arch=(8, 8), use_layer_norm=True, activation_fn=activation)
    actor_parameters = actor.init(jax.random.PRNGKey(0), OBSERVATIONS)
    critic_parameters = critic.init(jax.random.PRNGKey(1), OBSERVATIONS, ACTIONS)
    found = fast_apply(actor, "float32")(actor_parameters, OBSERVATIONS)
    expected = actor.apply(actor_parameters, OBSERVATIONS)
    assert isinstance(found, TanhNormal)
    np.testing.assert_allclose(found.mode(), expected.mode(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        fast_apply(critic, "float32")(critic_parameters, OBSERVATIONS, ACTIONS),
        critic.apply(critic_parameters, OBSERVATIONS, ACTIONS),
        rtol=1e-5,
        atol=1e-6,
    )
    rounded = fast_apply(critic, "bfloat16")(critic_parameters, OBSERVATIONS, ACTIONS)
    exact = critic.apply(critic_parameters, OBSERVATIONS, ACTIONS)
    np.testing.assert_allclose(rounded, exact, atol=0.05)
    assert (np.asarray(rounded) != exact).any()
