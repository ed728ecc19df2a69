"""How many floating-point operations the matrix products of SAC's updates take, and how many this machine can do.

Only the products that the mathematics needs are counted, with 2 · rows · inputs · outputs operations each; everything
else (layer normalisation, activations, the optimiser, random numbers) is left out. With W the sum of inputs · outputs
over the Dense layers of a network, F that of its first layer alone, p the actor, q one of C critics, B the batch and A
the size of an action:

    critic update, 2B times
        Wp              actor on the next observations
        C · Wq          target critics
        C · Wq          critics
        C · Wq          gradients by the weights
        C · (Wq − Fq)   gradients by the hidden values
    actor update, one for each `policy_delay` critic updates, 2B times
        Wp              actor
        C · Wq          critics
        C · (Wq − Fq + A · h)   gradients by the hidden values and the actions, h the first hidden layer
        Wp              gradients by the weights
        Wp − Fp         gradients by the hidden values
"""

from collections.abc import Sequence
from itertools import pairwise

import jax
import jax.numpy as jnp

from tuner.clock import MonotonicClock

CPU_SIZE = 2048
GPU_SIZE = 8192
WARM_UPS = 2


def dense_work(sizes: Sequence[int]) -> int:
    """Return the sum of inputs · outputs over the layers of a network, from the sizes of its inputs and layers."""
    return sum(inputs * outputs for inputs, outputs in pairwise(sizes))


def operations_per_update(
    observations: int,
    actions: int,
    pi: Sequence[int],
    qf: Sequence[int],
    *,
    batch_size: int,
    policy_delay: int,
    critics: int = 2,
) -> float:
    """Return the operations of one gradient step of SAC: a critic update and its share of an actor update.

    Args:
        observations: numbers in an observation.
        actions: numbers in an action.
        pi: hidden layers of the actor, which ends in a mean and a deviation for each action.
        qf: hidden layers of each critic, which ends in one value.
        batch_size: transitions in a gradient step.
        policy_delay: critic updates for each actor update.
        critics: how many critics there are.
    """
    actor = dense_work((observations, *pi, 2 * actions))
    actor_first = observations * pi[0]
    critic = dense_work((observations + actions, *qf, 1))
    critic_first = (observations + actions) * qf[0]
    critic_update = actor + critics * (4 * critic - critic_first)
    actor_update = 3 * actor - actor_first + critics * (2 * critic - critic_first + actions * qf[0])
    return 2.0 * batch_size * (critic_update + actor_update / policy_delay)


class MatrixPeak:
    """Measures large square matrix products of JAX's default device, multiplied as JAX does by default."""

    def __init__(self, dtype: str) -> None:
        """Prepare products of `dtype` with sums of float32; `float32` on a GPU may multiply in fewer bits (TF32)."""
        self.size = CPU_SIZE if jax.devices()[0].platform == "cpu" else GPU_SIZE
        key = jax.random.key(0)
        self._factors = [jax.random.normal(k, (self.size, self.size)).astype(dtype) for k in jax.random.split(key)]
        self._product = jax.jit(lambda a, b: jnp.dot(a, b, preferred_element_type=jnp.float32))
        for _ in range(WARM_UPS):
            self._product(*self._factors).block_until_ready()

    def measure(self, seconds: float) -> float:
        """Return operations per second, measured for about this long."""
        clock = MonotonicClock()
        calls, start = 0, clock.now()
        while (passed := clock.now() - start) < seconds:
            # Several at once, so that the time of submitting them does not count.
            for product in [self._product(*self._factors) for _ in range(4)]:
                product.block_until_ready()
            calls += 4
        return 2.0 * self.size**3 * calls / passed
