"""A pull on the means of a squashed Gaussian actor, which keeps tanh out of saturation."""

from typing import Any

import jax
import jax.numpy as jnp


@jax.custom_vjp
def penalized(mean: jax.Array, weight: jax.Array | float) -> jax.Array:
    """Return the mean as it is, and add weight · mean(mean²), over rows and dimensions, to whatever loss is made of it.

    The loss of the actor is SBX's own function, which no term can be added to from outside; its gradient passes here.
    """
    del weight
    return mean


def _forward(mean: jax.Array, weight: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    return mean, (mean, weight)


def _backward(kept: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
    mean, weight = kept
    return gradient + weight * 2 * mean / mean.size, jnp.zeros_like(weight)


penalized.defvjp(_forward, _backward)


def with_penalized_mean(gaussian: Any, weight: jax.Array | float) -> Any:
    """Return a TensorFlow Probability Gaussian whose mean is `penalized`, and which is the same otherwise."""
    return gaussian.copy(loc=penalized(gaussian.loc, weight))


def penalizing_means(algorithm: Any, weight: float) -> Any:
    """Return a subclass of SBX's SAC or TQC that adds weight · mean(μ²) to the actor's loss.

    μ are the actor's means before squashing; the mean is over the batch and the action's dimensions. Only updates see
    it: what acts, and what is saved, is SBX's own actor.
    """

    @jax.custom_vjp
    def penalized(mean: jax.Array) -> jax.Array:
        return mean

    penalized.defvjp(
        lambda mean: (mean, mean),
        lambda mean, gradient: (gradient + weight * 2 * mean / mean.size,),
    )

    def penalizing(apply: Any) -> Any:
        def apply_penalizing(*inputs: Any, **options: Any) -> Any:
            squashed = apply(*inputs, **options)
            gaussian = squashed.distribution
            return type(squashed)(gaussian.copy(loc=penalized(gaussian.loc)))

        return apply_penalizing

    class Penalizing(algorithm):  # type: ignore[misc]
        _penalizing: Any = None

        def train(self, *arguments: Any, **options: Any) -> None:
            own = self.policy.actor_state.apply_fn
            self._penalizing = self._penalizing or penalizing(own)  # always the same one, or JAX would compile again
            self.policy.actor_state = self.policy.actor_state.replace(apply_fn=self._penalizing)
            try:
                super().train(*arguments, **options)
            finally:
                self.policy.actor_state = self.policy.actor_state.replace(apply_fn=own)

        def _excluded_save_params(self) -> list[str]:
            return [*super()._excluded_save_params(), "_penalizing"]

    return Penalizing
