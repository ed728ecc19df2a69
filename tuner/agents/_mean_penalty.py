"""A pull on the means of a squashed Gaussian actor, which keeps tanh out of saturation."""

from collections.abc import Callable
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


def penalizing(apply: Callable[..., Any], weight: float) -> Callable[..., Any]:
    """Return SBX's actor function with `penalized` means before squashing.

    Args:
        apply: from parameters and observations to SBX's squashed Gaussian.
        weight: of the penalty.
    """

    def apply_penalizing(*inputs: Any, **options: Any) -> Any:
        squashed = apply(*inputs, **options)
        return type(squashed)(with_penalized_mean(squashed.distribution, weight))

    return apply_penalizing
