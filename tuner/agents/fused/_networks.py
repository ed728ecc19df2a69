"""SBX's own networks, applied faster: the same parameters and the same numbers up to float32 rounding.

Nothing of SBX or flax is copied or replaced. flax can intercept the methods of modules while they are applied
(`flax.linen.intercept_methods`). The few operations that XLA compiles to slow programs on CPUs are exchanged there.
"""

from collections.abc import Callable
from typing import Any, Literal

import flax.linen as nn
import jax
import jax.numpy as jnp

Precision = Literal["float32", "bfloat16"]
"""Precision of the matrix products of hidden layers; sums, parameters and all else are float32 either way."""


def fast_apply(module: nn.Module, precision: Precision, *, constant_layer: str | None = None) -> Callable[..., Any]:
    """Return a function like `module.apply`, for an actor or a critic of SBX.

    An actor returns a `TanhNormal` instead of TensorFlow Probability's distribution.

    Args:
        module: the network, not bound to parameters.
        precision: of the matrix products.
        constant_layer: the name of a Dense layer that returns its bias for every input.
    """
    if getattr(module, "activation_fn", None) is nn.elu:
        module = module.clone(activation_fn=elu)
    product = _product(precision)

    def intercept(
        method: Callable[..., Any], arguments: Any, keywords: Any, context: nn.module.InterceptorContext
    ) -> Any:
        layer = context.module
        dense = isinstance(layer, nn.Dense) and context.method_name == "__call__"
        if dense and layer.path == (constant_layer,):
            bias = layer.variables["params"]["bias"]
            return jnp.broadcast_to(bias, (*arguments[0].shape[:-1], layer.features))
        if dense and layer.features > 1:
            parameters = layer.variables["params"]
            return product(arguments[0], parameters["kernel"]) + parameters["bias"]
        output = method(*arguments, **keywords)
        return TanhNormal(output.distribution) if hasattr(output, "distribution") else output

    def apply(*arguments: Any, **keywords: Any) -> Any:
        with nn.intercept_methods(intercept):
            return module.apply(*arguments, **keywords)

    return apply


class TanhNormal:
    """A Gaussian squashed by tanh, with the methods that SBX's updates call.

    TensorFlow Probability writes the logarithm of tanh's derivative with softplus, which XLA does not vectorise on
    CPUs. Here it is ln 4 − 2|u| − 2·ln(1 + exp(−2|u|)), the same for either sign of u.
    """

    def __init__(self, gaussian: Any) -> None:
        """Squash a TensorFlow Probability Gaussian over the last axis."""
        self.gaussian = gaussian
        self._before_squashing: jax.Array | None = None

    def sample(self, *, seed: jax.Array) -> jax.Array:
        """Draw an action in (-1, 1) for every row, shape (rows, action_dim)."""
        self._before_squashing = computed_once(self.gaussian.sample(seed=seed))
        return jnp.tanh(self._before_squashing)

    def log_prob(self, actions: jax.Array) -> jax.Array:
        """Return the logarithm of the density of the actions that were drawn last, shape (rows,)."""
        if self._before_squashing is None:
            raise ValueError("log_prob is known for the actions drawn last, and none were drawn")
        del actions  # inverting tanh would lose what is known here
        u = self._before_squashing
        size = jnp.abs(u)
        log_derivative = jnp.log(4.0) - 2 * size - 2 * jnp.log(1 + jnp.exp(-2 * size))
        log_prob: jax.Array = self.gaussian.log_prob(u) - log_derivative.sum(-1)
        return log_prob

    def mode(self) -> jax.Array:
        """Return the squashed mean, which SBX calls the mode, shape (rows, action_dim)."""
        return jnp.tanh(self.gaussian.mode())

    @property
    def mean_before_squashing(self) -> jax.Array:
        """The Gaussian's mean, shape (rows, action_dim)."""
        mean: jax.Array = self.gaussian.mean()
        return mean


def computed_once(drawn: jax.Array) -> jax.Array:
    """Return what was drawn, shape (rows, action_dim).

    The product with the identity changes no number. It makes XLA compute the random numbers once, where it would
    otherwise compute them again in every loop that reads the actions. XLA would remove a product with a single number,
    so a single column gets a column of zeros beside it.
    """
    rows, action_dim = drawn.shape
    columns = drawn if action_dim > 1 else jnp.concatenate([drawn, jnp.zeros((rows, 1), drawn.dtype)], axis=1)
    return jnp.matmul(columns, jnp.eye(columns.shape[1]), precision="highest")[:, :action_dim]


@jax.custom_vjp
def elu(x: jax.Array) -> jax.Array:
    """Exponential linear unit: x above zero, exp(x) − 1 below.

    Its derivative is computed from its value, which saves a second exponential.
    """
    return jnp.where(x > 0, x, jnp.exp(jnp.minimum(x, 0)) - 1)


def _elu_forward(x: jax.Array) -> tuple[jax.Array, jax.Array]:
    y = elu(x)
    return y, y


def _elu_backward(y: jax.Array, gradient: jax.Array) -> tuple[jax.Array]:
    return (gradient * jnp.where(y > 0, 1, y + 1),)


elu.defvjp(_elu_forward, _elu_backward)


def _product(precision: Precision) -> Callable[[jax.Array, jax.Array], jax.Array]:
    """Return x · w for x of shape (rows, inputs) and w of shape (inputs, outputs), with its derivatives."""
    dtype = jnp.dtype(precision)

    @jax.custom_vjp
    def product(x: jax.Array, w: jax.Array) -> jax.Array:
        return _dot(x, w, (1, 0), dtype)

    def forward(x: jax.Array, w: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        return product(x, w), (x, w)

    def backward(inputs: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array, jax.Array]:
        x, w = inputs
        # XLA's fast CPU kernels want the rows of the left factor; the barrier keeps the transposition a separate step.
        transposed = jax.lax.optimization_barrier(x.astype(dtype).T)  # type: ignore[no-untyped-call]
        return _dot(gradient, w, (1, 1), dtype), _dot(transposed, gradient, (1, 0), dtype)

    product.defvjp(forward, backward)
    return product


def _dot(a: jax.Array, b: jax.Array, axes: tuple[int, int], dtype: Any) -> jax.Array:
    """Contract one axis of each matrix; products of `dtype`, sums of float32."""
    contract = (((axes[0],), (axes[1],)), ((), ()))
    return jax.lax.dot_general(a.astype(dtype), b.astype(dtype), contract, preferred_element_type=jnp.float32)
