"""Use an agent, and restore it afterwards."""

import copy
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
import torch

from tuner.agents.shared.parameters import train_states


@contextmanager
def unchanged(agent: Any) -> Iterator[None]:
    """Restore the agent and the global random generators at the end, bit for bit.

    All attributes of the agent and of its policy are restored, and so is what SBX changes in place: train states, whose
    optimisers hold their learning rate in a dictionary, and PPO's adaptive learning rate. The contents of buffers are
    not restored; a block that uses them must put other buffers in their place.
    """
    attributes = dict(vars(agent))
    policy_attributes = dict(vars(agent.policy))
    for name, state in train_states(agent).items():
        # Rebuilding the tree copies its dictionaries; the arrays themselves are immutable.
        duplicate = jax.tree.map(lambda leaf: leaf, state)
        (policy_attributes if name in policy_attributes else attributes)[name] = duplicate
    if "adaptive_lr" in attributes:
        attributes["adaptive_lr"] = copy.deepcopy(attributes["adaptive_lr"])
    box_generator = copy.deepcopy(agent.action_space.np_random.bit_generator.state)
    generators = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        _replace(vars(agent), attributes)
        _replace(vars(agent.policy), policy_attributes)
        agent.action_space.np_random.bit_generator.state = box_generator
        random.setstate(generators[0])
        np.random.set_state(generators[1])
        torch.set_rng_state(generators[2])


def _replace(target: dict[str, Any], content: dict[str, Any]) -> None:
    target.clear()
    target.update(content)
