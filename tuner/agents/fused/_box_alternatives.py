"""The alternatives to a tight action box: a box that widens, a penalty near the bounds, an actor that is not squashed.

All arithmetic that they add to SAC and TQC, each piece on its own. Actions are scaled by the agent's action box: 0 is
its centre, ±1 its bounds.
"""

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from tuner.agents.fused._networks import TanhNormal, computed_once
from tuner.agents.shared.mean_penalty import penalized
from tuner.config import BoundsPenalty, BoxSchedule


def box_share(schedule: BoxSchedule, seconds: float) -> float:
    """Return the share of the action box that is open after so many seconds of the training clock.

    It grows by the same factor in every second, because the order of magnitude of a box is what matters.
    """
    return float(schedule.start ** max(0.0, 1.0 - seconds / schedule.seconds))


def reward_lost(penalty: BoundsPenalty, actions: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return what each robot's reward loses near the bounds, shape (robots,).

    Args:
        penalty: its weight, and where it begins.
        actions: scaled by the action box, shape (robots, action_dim).
    """
    beyond = np.maximum(np.abs(actions) - penalty.margin, 0) / (1 - penalty.margin)
    lost: npt.NDArray[np.float32] = (penalty.weight * np.square(beyond).mean(axis=-1)).astype(np.float32)
    return lost


class ScaledTanhNormal(TanhNormal):
    """A squashed Gaussian in a part of the action box.

    Its density, and so its entropy, is that of the action in units of the part. The target entropy thus means the same
    exploration relative to the box that is open.
    """

    def __init__(self, gaussian: Any, share: jax.Array) -> None:
        """Squash a TensorFlow Probability Gaussian into ± `share`, a number."""
        super().__init__(gaussian)
        self._share = share

    def sample(self, *, seed: jax.Array) -> jax.Array:
        """Draw an action in ± share for every row, shape (rows, action_dim)."""
        return self._share * super().sample(seed=seed)

    def mode(self) -> jax.Array:
        """Return the squashed mean in ± share, shape (rows, action_dim)."""
        return self._share * super().mode()


class PlainNormal:
    """A Gaussian that is not squashed, with the methods that SBX's updates call."""

    def __init__(self, gaussian: Any, mean_penalty: jax.Array | float) -> None:
        """Take mean and deviation of a TensorFlow Probability Gaussian with a diagonal covariance.

        Args:
            gaussian: over the last axis.
            mean_penalty: weight of the mean's square in any loss that is differentiated, see `penalized`.
        """
        self._mean = penalized(gaussian.mean(), mean_penalty)
        self._std = gaussian.stddev()

    def sample(self, *, seed: jax.Array) -> jax.Array:
        """Draw an action for every row, shape (rows, action_dim)."""
        return computed_once(self._mean + self._std * jax.random.normal(seed, self._mean.shape))

    def log_prob(self, actions: jax.Array) -> jax.Array:
        """Return the logarithm of the density of actions of shape (rows, action_dim), shape (rows,)."""
        deviations = (actions - self._mean) / self._std
        each = -0.5 * deviations**2 - jnp.log(self._std) - 0.5 * math.log(2 * math.pi)
        log_prob: jax.Array = each.sum(-1)
        return log_prob

    def mode(self) -> jax.Array:
        """Return the mean, shape (rows, action_dim)."""
        return self._mean
