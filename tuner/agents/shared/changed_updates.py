"""Subclasses of SBX's classes that make other updates, for the stock learner and for exports.

The functions that return them use only JAX and one another, because exported programs contain their source.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax

from tuner.agents.shared.mean_penalty import MEAN_PENALTY_PARTS, penalizing_means
from tuner.config import AgentConfig


def averaging_critics(algorithm: Any) -> Any:
    """Return a subclass of SBX's SAC whose actor maximises the mean of the critics' values, not their minimum.

    The critics' own targets stay the minimum.
    """

    class Averaging(algorithm):  # type: ignore[misc]
        @classmethod
        def update_actor_and_temperature(cls, actor_state: Any, qf_state: Any, *others: Any) -> Any:
            def mean(*inputs: Any, **options: Any) -> Any:
                return qf_state.apply_fn(*inputs, **options).mean(axis=0, keepdims=True)  # SBX's minimum of one is it

            averaging = qf_state.replace(apply_fn=mean)
            updated, _, *rest = super().update_actor_and_temperature(actor_state, averaging, *others)
            return updated, qf_state, *rest

    return Averaging


def limiting_ent_coef(algorithm: Any, largest: float) -> Any:
    """Return a subclass of SBX's SAC or TQC whose learned entropy coefficient never exceeds `largest`."""

    class Limiting(algorithm):  # type: ignore[misc]
        @classmethod
        def update_temperature(cls, *inputs: Any) -> Any:
            updated, loss = super().update_temperature(*inputs)
            limit = jax.numpy.log(largest)
            return updated.replace(params=jax.tree.map(lambda log: jax.numpy.minimum(log, limit), updated.params)), loss

    return Limiting


@dataclass(frozen=True)
class ChangedUpdates:
    """A subclass of an SBX class that makes other updates."""

    setting: str
    """The field of `AgentConfig` that asks for it."""
    subclass: Callable[..., Any]
    """Returns the subclass; takes the SBX class, or a subclass of it, and `arguments`."""
    arguments: tuple[float, ...]
    parts: tuple[Callable[..., Any], ...]
    """All functions that it needs, itself among them, in the order in which a program has to define them."""


def changed_updates(config: AgentConfig) -> tuple[ChangedUpdates, ...]:
    """Return the subclasses, one around the other, that update an agent as configured where SBX's own class does not.

    Args:
        config: an agent whose learner, SBX's own or an exported program, makes its updates with SBX's `train`.
    """
    found = []
    if config.max_ent_coef is not None:
        limit = (config.max_ent_coef,)
        found.append(ChangedUpdates("max_ent_coef", limiting_ent_coef, limit, (limiting_ent_coef,)))
    if config.critics_for_actor == "mean" and config.network.n_critics > 1:
        found.append(ChangedUpdates("critics_for_actor", averaging_critics, (), (averaging_critics,)))
    if config.mean_penalty > 0:
        found.append(ChangedUpdates("mean_penalty", penalizing_means, (config.mean_penalty,), MEAN_PENALTY_PARTS))
    return tuple(found)
