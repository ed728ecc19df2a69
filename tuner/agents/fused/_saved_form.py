"""The form in which an agent is saved, so that plain SBX, which always squashes into a fixed box, acts like the agent.

If the box is still widening, the part that is open is saved. An actor that is not squashed is saved for a box
`SAVED_BOX_FACTOR` times as wide, with its mean and deviation divided by the same factor: tanh(x) ≈ x there. SBX's
actions are then the agent's times 1 − (a/SAVED_BOX_FACTOR)²/3, where a is the distance from the box's centre in units
of half the agent's box: 0.05 % less at a = 10.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
from gymnasium import spaces

from tuner.agents.shared.parameters import gaussian_heads

SAVED_BOX_FACTOR = 256.0
"""A power of two, so that dividing by it rounds nothing. The larger it is, the more SBX loses in adding 1 to an action
before it scales it to the box: now about SAVED_BOX_FACTOR · 6e-8 of half the agent's box."""


@contextmanager
def as_saved(agent: Any, *, squash: bool, box_share: float) -> Iterator[None]:
    """Give an agent, inside the `with` block, the action box and the actor that are saved.

    Args:
        agent: of SBX.
        squash: whether it squashes its actions.
        box_share: the share of its action box that is open.
    """
    factor = box_share if squash else SAVED_BOX_FACTOR
    if factor == 1:
        yield
        return
    box, actor = agent.action_space, agent.policy.actor_state
    try:
        agent.action_space = agent.policy.action_space = _resized(box, factor)
        if not squash:
            agent.policy.actor_state = actor.replace(params=divided_gaussian(actor.params, box.shape[0], factor))
        yield
    finally:
        agent.action_space = agent.policy.action_space = box
        agent.policy.actor_state = actor


def divided_gaussian(parameters: Any, action_dim: int, divisor: float) -> Any:
    """Return an actor's parameters with its Gaussian's mean and deviation divided."""
    layers = dict(parameters["params"])
    mean, log_std = gaussian_heads(layers, action_dim)
    # In NumPy: JAX would compile a program for each of these.
    layers[mean] = {
        name: jax.device_put(np.asarray(array) / np.float32(divisor)) for name, array in layers[mean].items()
    }
    bias = np.asarray(layers[log_std]["bias"]) - np.float32(math.log(divisor))
    layers[log_std] = {**layers[log_std], "bias": jax.device_put(bias)}
    return {**parameters, "params": layers}


def _resized(box: spaces.Box, factor: float) -> spaces.Box:
    """Return a box about the same centre, in float64 as far as that goes."""
    low, high = box.low.astype(np.float64), box.high.astype(np.float64)
    centre, half = (low + high) / 2, (high - low) / 2 * factor
    return spaces.Box((centre - half).astype(np.float32), (centre + half).astype(np.float32), dtype=np.float32)
