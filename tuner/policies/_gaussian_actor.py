"""Look inside an SBX actor: the Gaussian it computes, before squashing or clipping."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from sbx.common.distributions import TanhTransformedDistribution

from tuner.agents import noise_hold

Floats = npt.NDArray[np.float32]

_LARGEST_SCALED = float(np.nextafter(np.float32(1.0), np.float32(0.0)))
"""The largest float32 below 1; its inverse hyperbolic tangent is 8.66."""


class GaussianActor:
    """Draws from the Gaussian of an actor's network, with one key for as many steps as the agent holds its noise."""

    def __init__(self, agent: Any, *, seed: int) -> None:
        """Take the actor of an agent.

        Args:
            agent: an agent of SBX, trained or not.
            seed: seeds the noise.
        """
        self._state = agent.policy.actor_state
        self._hold = noise_hold(agent) or 1
        self._key = self._held = jax.random.PRNGKey(seed)
        self._steps = 0

    def draw(self, observations: Floats) -> tuple[Floats, Floats]:
        """Return the Gaussian's mean and a draw from it, both of shape (robots, action_dim), float32.

        Args:
            observations: as the network takes them, shape (robots, observation_dim).
        """
        if self._steps % self._hold == 0:
            self._key, self._held = jax.random.split(self._key)
        self._steps += 1
        mean, drawn = _mean_and_draw(self._state, observations, self._held)
        return np.asarray(mean, dtype=np.float32), np.asarray(drawn, dtype=np.float32)


@jax.jit
def _mean_and_draw(state: Any, observations: Any, key: Any) -> tuple[Any, Any]:
    if hasattr(state, "batch_stats"):  # CrossQ
        variables = {"params": state.params, "batch_stats": state.batch_stats}
        output = state.apply_fn(variables, observations, train=False)
    else:
        output = state.apply_fn(state.params, observations)
    if isinstance(output, jax.Array):  # TD3: no distribution, but an action that is squashed already
        mean = jnp.arctanh(jnp.clip(output, -_LARGEST_SCALED, _LARGEST_SCALED))
        return mean, mean
    gaussian = output.distribution if isinstance(output, TanhTransformedDistribution) else output
    return gaussian.mean(), gaussian.sample(seed=key)
