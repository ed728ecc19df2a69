"""Questions about an agent in training."""

from typing import Any

import jax
import jax.numpy as jnp
from stable_baselines3.common.base_class import BaseAlgorithm

from tuner.agents._states import train_states
from tuner.agents.fused import FusedLearner


def is_finite(agent: BaseAlgorithm) -> bool:
    """Return whether every learned parameter, target parameters included, is a finite number."""
    arrays = [
        (state.params, getattr(state, "target_params", None), getattr(state, "batch_stats", None))
        for state in train_states(agent).values()
    ]
    return bool(_all_finite(arrays))


@jax.jit
def _all_finite(arrays: Any) -> jax.Array:
    return jnp.stack([jnp.isfinite(array).all() for array in jax.tree.leaves(arrays)]).all()


def finish_updates(agent: BaseAlgorithm) -> None:
    """Wait for updates under way, booked to "learn"; to be called before the agent is looked at off the clock."""
    if isinstance(agent, FusedLearner):
        agent.finish_updates()


def gradient_steps_done(agent: BaseAlgorithm) -> int:
    """Return how many gradient steps the agent has made; for PPO, minibatches of every epoch."""
    subject: Any = agent
    updates = int(subject._n_updates)
    if not hasattr(subject, "rollout_buffer"):
        return updates
    minibatches = -(-subject.n_steps * subject.n_envs // subject.batch_size)  # the last one may be smaller
    return updates * int(minibatches)  # SBX counts epochs here
