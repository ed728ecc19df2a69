"""A penalty on the means of a squashed Gaussian actor, which keeps tanh out of saturation.

The functions use only JAX and one another, because exported programs contain their source: `MEAN_PENALTY_PARTS`.
"""

from typing import Any

import jax


def penalized(mean: jax.Array, weight: jax.Array | float) -> jax.Array:
    """Return the mean unchanged, and add weight · mean(mean²), over rows and dimensions, to any loss computed from it.

    The loss of the actor is SBX's own function, to which no term can be added from outside. Its gradient passes here.
    """

    @jax.custom_vjp
    def unchanged(mean: jax.Array, weight: jax.Array | float) -> jax.Array:
        return mean

    unchanged.defvjp(
        lambda mean, weight: (mean, (mean, weight)),
        lambda kept, gradient: (gradient + kept[1] * 2 * kept[0] / kept[0].size, 0 * kept[1]),
    )
    return unchanged(mean, weight)


def with_penalized_mean(gaussian: Any, weight: jax.Array | float) -> Any:
    """Return a TensorFlow Probability Gaussian whose mean is `penalized`, and which is the same otherwise."""
    return gaussian.copy(loc=penalized(gaussian.loc, weight))


def penalizing_means(algorithm: Any, weight: float) -> Any:
    """Return a subclass of SBX's SAC or TQC that adds weight · mean(μ²) to the actor's loss.

    μ are the actor's means before squashing; the mean is over the batch and the action's dimensions. Only updates use
    the penalty: SBX's own actor acts and is saved.
    """

    class Penalizing(algorithm):  # type: ignore[misc]
        @classmethod
        def update_actor_and_temperature(cls, actor_state: Any, *others: Any) -> Any:
            own = actor_state.apply_fn

            def penalizing(*inputs: Any) -> Any:
                squashed = own(*inputs)
                return type(squashed)(with_penalized_mean(squashed.distribution, weight))

            updated, *rest = super().update_actor_and_temperature(actor_state.replace(apply_fn=penalizing), *others)
            return updated.replace(apply_fn=own), *rest

    return Penalizing


MEAN_PENALTY_PARTS = (penalized, with_penalized_mean, penalizing_means)
"""All that `penalizing_means` needs, in the order in which a program has to define it."""
