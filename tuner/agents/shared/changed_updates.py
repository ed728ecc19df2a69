"""Subclasses of SBX's classes that make other updates, for the stock learner and for exports.

The functions that return them use only JAX and one another, because exported programs contain their source.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax

from tuner.agents.shared.mean_penalty import MEAN_PENALTY_PARTS, penalizing_means
from tuner.agents.shared.parameters import target_entropy
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


def falling_entropy(algorithm: Any, final: float, start_return: float | None, start_steps: int, fall_steps: int) -> Any:
    """Return a subclass of SBX's SAC or TQC whose target entropy falls to `final` in `fall_steps` environment steps.

    The fall begins at `start_steps`, and not before the mean return of the latest episodes is at least `start_return`.
    """

    class Falling(algorithm):  # type: ignore[misc]
        target_entropy: float
        entropy_fall: tuple[int, float] | None = None  # steps and target entropy when the fall began

        def train(self, *inputs: Any, **named: Any) -> None:
            if self.entropy_fall is None:
                returns = [episode["r"] for episode in self.ep_info_buffer]
                reached = start_return is None or (returns and sum(returns) / len(returns) >= start_return)
                if reached and self.num_timesteps >= start_steps:
                    self.entropy_fall = (self.num_timesteps, self.target_entropy)
            if self.entropy_fall is not None:
                begun, before = self.entropy_fall
                fallen = min((self.num_timesteps - begun) / fall_steps, 1.0)
                self.target_entropy = before + fallen * (final - before)
            super().train(*inputs, **named)

    return Falling


@dataclass(frozen=True)
class ChangedUpdates:
    """A subclass of an SBX class that makes other updates."""

    setting: str
    """The field of `AgentConfig` that asks for it."""
    subclass: Callable[..., Any]
    """Returns the subclass; takes the SBX class, or a subclass of it, and `arguments`."""
    arguments: Mapping[str, float | None]
    """By name."""
    parts: tuple[Callable[..., Any], ...]
    """All functions that it needs, itself among them, in the order in which a program has to define them."""


def changed_updates(config: AgentConfig, action_dim: int) -> tuple[ChangedUpdates, ...]:
    """Return the subclasses, one around the other, that update an agent as configured where SBX's own class does not.

    Args:
        config: an agent whose learner, SBX's own or an exported program, makes its updates with SBX's `train`. Its
            action box is known, so that its standard deviations are shares of it.
        action_dim: number of its actions' dimensions.
    """
    found = []
    if (schedule := config.target_entropy_schedule) is not None:
        fall = {"final": target_entropy(schedule.final_std, action_dim), **schedule.model_dump(exclude={"final_std"})}
        found.append(ChangedUpdates("target_entropy_schedule", falling_entropy, fall, (falling_entropy,)))
    if config.max_ent_coef is not None:
        limit = {"largest": config.max_ent_coef}
        found.append(ChangedUpdates("max_ent_coef", limiting_ent_coef, limit, (limiting_ent_coef,)))
    if config.critics_for_actor == "mean" and config.network.n_critics > 1:
        found.append(ChangedUpdates("critics_for_actor", averaging_critics, {}, (averaging_critics,)))
    if config.mean_penalty > 0:
        weight = {"weight": config.mean_penalty}
        found.append(ChangedUpdates("mean_penalty", penalizing_means, weight, MEAN_PENALTY_PARTS))
    return tuple(found)
