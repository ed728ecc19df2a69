"""The train states of an agent, and the standard deviation of a squashed Gaussian actor: initial and as a target.

SBX ignores `log_std_init` for SAC, TQC and CrossQ. The fresh parameters of its own actor are edited instead, so that
saved models need no class of this package.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import numpy as np

_POLICY_STATES = ("actor_state", "qf_state", "qf1_state", "qf2_state", "vf_state")
_AGENT_STATES = ("ent_coef_state",)


def train_states(agent: Any) -> dict[str, Any]:
    """Return the flax train states (parameters, targets, optimiser) that the agent's algorithm has, by name."""
    found = {name: getattr(agent.policy, name) for name in _POLICY_STATES if hasattr(agent.policy, name)}
    return found | {name: getattr(agent, name) for name in _AGENT_STATES if hasattr(agent, name)}


def set_initial_std(agent: Any, std: float | Sequence[float]) -> None:
    """Make the actor's standard deviation before squashing `std` in every state.

    The head that computes its logarithm gets a kernel of zeros and a bias of ln(std); both learn as usual afterwards.

    Args:
        agent: an untrained SAC, TQC or CrossQ of SBX.
        std: standard deviation, above zero: one for all action dimensions, or one for each, shape (action_dim,).

    Raises:
        TypeError: if the actor is not built as SBX's squashed Gaussian actors are.
    """
    state = agent.policy.actor_state
    nested = "params" in state.params  # CrossQ keeps them apart from its batch statistics
    layers = state.params["params"] if nested else state.params
    _, name = gaussian_heads(layers, int(np.prod(agent.action_space.shape)))
    head = {
        part: jax.device_put(np.full(layers[name][part].shape, value, layers[name][part].dtype))
        for part, value in (("kernel", 0.0), ("bias", np.log(std)))
    }
    edited = {**layers, name: {**layers[name], **head}}
    agent.policy.actor_state = state.replace(params={**state.params, "params": edited} if nested else edited)


def target_entropy(std: float | Sequence[float], action_dim: int) -> float:
    """Return the entropy of a Gaussian with standard deviation `std` in each dimension: Σ ½ · ln(2πe·σ²), in nats.

    Args:
        std: σ in units of half the action box: one for all dimensions, or one for each, shape (action_dim,).
        action_dim: number of dimensions.
    """
    stds = [std] * action_dim if isinstance(std, int | float) else std
    return sum(math.log(2 * math.pi * math.e * each**2) for each in stds) / 2


def gaussian_heads(layers: Mapping[str, Any], action_dim: int) -> tuple[str, str]:
    """Return the names of an actor's last two dense layers: the mean, then the logarithm of the deviation.

    Raises:
        TypeError: if the actor is not built as SBX's squashed Gaussian actors are.
    """
    numbers = sorted(int(match[1]) for name in layers if (match := re.fullmatch(r"Dense_(\d+)", name)))
    heads = [f"Dense_{number}" for number in numbers[-2:]]
    if len(heads) != 2 or any(layers[head]["bias"].shape != (action_dim,) for head in heads):
        raise TypeError(f"this actor has no mean and deviation heads of {action_dim} dimensions: {sorted(layers)}")
    return heads[0], heads[1]
