"""SBX's own update rules for SAC and TQC under one interface: one critic update, one actor and temperature update."""

from typing import Any, NamedTuple, Protocol

import jax
import sbx

from tuner.agents.fused._replay_buffer import Batch
from tuner.agents.shared.changed_updates import averaging_critics


class Learned(NamedTuple):
    """All that is learned, as flax train states."""

    actor: Any
    critics: tuple[Any, ...]
    """One state for SAC, whose critics are stacked in it; one for each of TQC's two critics."""
    entropy: Any
    """Of the entropy coefficient."""


class Losses(NamedTuple):
    """The losses that SBX logs for an update; numbers on the device."""

    actor_loss: jax.Array
    critic_loss: jax.Array
    ent_coef_loss: jax.Array
    ent_coef: jax.Array


class Rule(Protocol):
    """One algorithm's updates."""

    def critic(self, learned: Learned, batch: Batch, tau: jax.Array, key: jax.Array) -> tuple[Learned, Any, Any, Any]:
        """Update critics and targets once; return what is learned, critic loss, entropy coefficient, next key."""
        ...

    def actor(
        self, learned: Learned, observations: jax.Array, target_entropy: jax.Array, key: jax.Array
    ) -> tuple[Learned, Any, Any, Any]:
        """Update actor and temperature once; return what is learned, actor loss, temperature loss and the next key."""
        ...


class SACRule:
    """SAC as `sbx.SAC` updates it."""

    def __init__(self, *, mean_for_actor: bool = False) -> None:
        """Let the actor maximise the minimum of the critics, as SBX does, or their mean."""
        self._of_actor = averaging_critics(sbx.SAC) if mean_for_actor else sbx.SAC

    def critic(self, learned: Learned, batch: Batch, tau: jax.Array, key: jax.Array) -> tuple[Learned, Any, Any, Any]:
        """See `Rule.critic`."""
        (critic,) = learned.critics
        critic, (loss, ent_coef), key = sbx.SAC.update_critic(learned.actor, critic, learned.entropy, *batch, key)
        return learned._replace(critics=(sbx.SAC.soft_update(tau, critic),)), loss, ent_coef, key

    def actor(
        self, learned: Learned, observations: jax.Array, target_entropy: jax.Array, key: jax.Array
    ) -> tuple[Learned, Any, Any, Any]:
        """See `Rule.actor`."""
        (critic,) = learned.critics
        actor, critic, entropy, actor_loss, ent_coef_loss, key = self._of_actor.update_actor_and_temperature(
            learned.actor, critic, learned.entropy, observations, target_entropy, key
        )
        return Learned(actor, (critic,), entropy), actor_loss, ent_coef_loss, key


class TQCRule:
    """TQC as `sbx.TQC` updates it."""

    def __init__(self, target_quantiles: int) -> None:
        """Keep the lowest `target_quantiles` of all critics' quantiles in the target."""
        self._target_quantiles = target_quantiles

    def critic(self, learned: Learned, batch: Batch, tau: jax.Array, key: jax.Array) -> tuple[Learned, Any, Any, Any]:
        """See `Rule.critic`; the loss is the first critic's, as in SBX's log."""
        critics, (loss, _, ent_coef), key = sbx.TQC.update_critic(
            self._target_quantiles, learned.actor, *learned.critics, learned.entropy, *batch, key
        )
        return learned._replace(critics=tuple(sbx.TQC.soft_update(tau, *critics))), loss, ent_coef, key

    def actor(
        self, learned: Learned, observations: jax.Array, target_entropy: jax.Array, key: jax.Array
    ) -> tuple[Learned, Any, Any, Any]:
        """See `Rule.actor`."""
        actor, critics, entropy, actor_loss, ent_coef_loss, key = sbx.TQC.update_actor_and_temperature(
            learned.actor, *learned.critics, learned.entropy, observations, target_entropy, key
        )
        return Learned(actor, tuple(critics), entropy), actor_loss, ent_coef_loss, key
