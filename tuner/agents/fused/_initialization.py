"""Initialise networks in one compiled program each.

SBX initialises its networks operation by operation, forward pass included, and every operation of every size is a
program to be compiled: seconds in a process that finds none of them on the disk. One program for a network leaves out
the forward pass, and its parameters are the same to the last bit.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any

import flax.linen as nn
import jax

_NETWORK_CLASSES = ("actor_class", "vector_critic_class", "critic_class")
"""The attributes of SBX's policies that build their networks."""


@contextmanager
def compiled_initialization(agent: Any) -> Iterator[None]:
    """Let a policy of SBX that the agent builds inside the `with` block initialise its networks quickly.

    Afterwards policy and networks are as SBX makes them, so that saved files need nothing of this module.

    Args:
        agent: about to set up its model, of a class whose networks are initialised with positional arguments only.
    """
    policy_class = agent.policy_class
    built = []

    def build_policy(*arguments: Any, **keywords: Any) -> Any:
        policy = policy_class(*arguments, **keywords)
        classes = {name: getattr(policy, name) for name in _NETWORK_CLASSES if hasattr(policy, name)}
        for name, network_class in classes.items():
            setattr(policy, name, partial(_build_network, network_class))
        built.append((policy, classes))
        return policy

    agent.policy_class = build_policy
    try:
        yield
    finally:
        agent.policy_class = policy_class
        for policy, classes in built:
            for name, network_class in classes.items():
                setattr(policy, name, network_class)
            for network in (policy.actor, policy.qf):
                object.__delattr__(network, "init")


def _build_network(network_class: Callable[..., nn.Module], **fields: Any) -> nn.Module:
    """Build a network whose `init` is compiled."""
    network = network_class(**fields)
    network.init = _compiled_init(network.clone(net_arch=tuple(fields["net_arch"])))
    return network


@lru_cache(maxsize=64)
def _compiled_init(network: nn.Module) -> Callable[..., Any]:
    """Return the `init` of networks like this one; the same function every time, so that it is compiled once."""
    return jax.jit(network.init)
