"""The compiled programs of the fused learner, kept for as long as the process lives.

A program is compiled for a `Shape`. Everything that is a number but not a size (learning rates, discount, tau,
entropies, parameters) is an argument, so one program serves every agent of the same shape, and later trials start
without compiling. Arguments are donated where nothing else reads them: the critics are updated in place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax.training.train_state import TrainState

from tuner.agents.fused._box_alternatives import PlainNormal, ScaledTanhNormal
from tuner.agents.fused._networks import Precision, TanhNormal, fast_apply
from tuner.agents.fused._replay_buffer import Filled, Scaling, Steps, draw_places, scaled, transitions
from tuner.agents.fused._update_rules import Learned, Losses, Rule, SACRule, TQCRule
from tuner.agents.shared.compilation import claim
from tuner.agents.shared.mean_penalty import with_penalized_mean

LARGEST_DRAW = 2**14
"""Transitions drawn by one call of a program, at most; one train call makes as many calls as it takes."""


@dataclass(frozen=True)
class Shape:
    """All that a program is compiled for."""

    actor: nn.Module
    """SBX's actor, not bound to parameters."""
    critic: nn.Module
    """The same of SBX's critic."""
    optimizer: Callable[..., Any]
    """The optax optimiser's constructor."""
    optimizer_arguments: tuple[tuple[str, Any], ...]
    """Its arguments except the learning rate."""
    target_quantiles: int | None
    """Quantiles kept in TQC's target; None is SAC."""
    batch_size: int
    gradient_steps: int
    """In one call of the program."""
    policy_delay: int
    """Critic updates for each actor update; divides the gradient steps."""
    n_steps: int
    precision: Precision
    widening: bool = False
    """Whether the action box widens; `Numbers.box_share` is not used otherwise."""
    penalizing: bool = False
    """Whether the actor's means are penalised; `Numbers.mean_penalty` is not used otherwise."""
    mean_for_actor: bool = False
    """Whether the actor maximises the mean of SAC's critics, not their minimum."""
    std_layer: str | None = None
    """The layer whose bias is the logarithm of the deviation, if the actor is not squashed; None for one that is."""


class Numbers(NamedTuple):
    """The hyperparameters that are not sizes; numbers on the device."""

    gamma: jax.Array
    tau: jax.Array
    target_entropy: jax.Array
    actor_learning_rate: jax.Array
    critic_learning_rate: jax.Array
    entropy_learning_rate: jax.Array
    box_share: jax.Array
    """Share of the action box that is open."""
    mean_penalty: jax.Array
    """Weight of the squared means of the actor, before squashing."""
    max_ent_coef: jax.Array
    """The largest value of an entropy coefficient that is learned; infinity does not limit it."""


class Keys(NamedTuple):
    """The random streams of learning."""

    places: jax.Array
    """Draws what is learned from."""
    updates: jax.Array
    """SBX's own: actions in the targets and in the actor's loss."""


class Programs:
    """The programs that an agent of one shape calls; each is compiled once, at its first call."""

    def __init__(self, shape: Shape) -> None:
        """Prepare the programs of a shape; nothing is compiled yet. Get them from `programs_for`."""
        self.shape = shape
        self._actor = fast_apply(shape.actor, shape.precision, constant_layer=shape.std_layer)
        self._critic = fast_apply(shape.critic, shape.precision)
        self._optimizer = optax.inject_hyperparams(shape.optimizer)(
            learning_rate=1.0, **dict(shape.optimizer_arguments)
        )
        self._rule: Rule = (
            SACRule(mean_for_actor=shape.mean_for_actor)
            if shape.target_quantiles is None
            else TQCRule(shape.target_quantiles)
        )
        self._compiled: set[tuple[tuple[int, ...], ...]] = set()
        """Shapes of the memories that `learn` was compiled for."""
        self.learn = jax.jit(self._learn, donate_argnames=("critics", "entropy"))
        self.act = jax.jit(self._act)
        self.mode = jax.jit(self._mode)
        self.draw = jax.jit(self._draw)

    def compile_learn(self, *arguments: Any, **inputs: Any) -> None:
        """Compile `learn` for arguments of these shapes, or wait for a process that does and load it from the disk.

        Args:
            arguments: those of `learn`, or their shapes.
            inputs: its keywords, in the same way.
        """
        sizes = tuple(leaf.shape for leaf in inputs["memory"])
        if sizes in self._compiled:
            return
        lowered = self.learn.lower(*arguments, **inputs)
        with claim(lowered.as_text(), wait=True):
            lowered.compile()
        self._compiled.add(sizes)

    def adopt(self, actor: TrainState, critics: tuple[TrainState, ...], entropy: TrainState) -> Learned:
        """Return an agent's train states in the form that the programs take.

        Besides arrays, a train state holds functions of its agent; programs of one shape use the same functions.
        """
        return Learned(
            actor=actor.replace(apply_fn=self._actor, tx=self._optimizer),
            critics=tuple(critic.replace(apply_fn=self._critic, tx=self._optimizer) for critic in critics),
            entropy=entropy.replace(apply_fn=_entropy_coefficient, tx=None),
        )

    def _learn(
        self,
        actor: TrainState,
        critics: tuple[TrainState, ...],
        entropy: TrainState,
        keys: Keys,
        *,
        memory: Steps,
        filled: Filled,
        scaling: Scaling,
        numbers: Numbers,
    ) -> tuple[Learned, Keys, Losses]:
        """Draw batches from the memory and make all gradient steps of one call."""
        shape = self.shape
        robots = memory.endings.shape[1]
        places_key, draw_key = jax.random.split(keys.places)
        count = shape.gradient_steps * shape.batch_size
        rows, columns = draw_places(draw_key, count, filled.rows, robots)
        drawn = transitions(memory, rows, columns, filled.newest, gamma=numbers.gamma, n_steps=shape.n_steps)
        drawn = drawn._replace(
            observations=scaled(drawn.observations, scaling),
            next_observations=scaled(drawn.next_observations, scaling),
        )
        learned = Learned(actor, critics, entropy)
        learned, key, losses = self.update(learned, drawn, numbers, keys.updates)
        return learned, Keys(places_key, key), losses

    def update(self, learned: Learned, drawn: Any, numbers: Numbers, key: jax.Array) -> tuple[Learned, Any, Losses]:
        """Make gradient steps on batches drawn already, in the order of SBX's `train`.

        Args:
            learned: what `adopt` returned.
            drawn: a `Batch` of gradient_steps · batch_size transitions.
            numbers: the hyperparameters.
            key: the random key of the updates.

        Returns:
            What is learned, the next key, and the losses of the last updates.
        """
        shape = self.shape
        learned = _with_learning_rates(learned, numbers)
        blocks = shape.gradient_steps // shape.policy_delay
        sizes = (blocks, shape.policy_delay, shape.batch_size)
        batches = jax.tree.map(lambda leaf: leaf.reshape(*sizes, *leaf.shape[1:]), drawn)

        def critic_step(carry: Any, batch: Any) -> tuple[Any, None]:
            learned, key, losses = carry
            learned, loss, ent_coef, key = self._rule.critic(learned, batch, numbers.tau, key)
            return (learned, key, losses._replace(critic_loss=loss, ent_coef=ent_coef)), None

        def block(carry: Any, batches: Any) -> tuple[Any, None]:
            (learned, key, losses), _ = jax.lax.scan(critic_step, carry, batches)
            learned, actor_loss, ent_coef_loss, key = self._rule.actor(
                learned, batches.observations[-1], numbers.target_entropy, key
            )
            learned = learned._replace(entropy=_limited(learned.entropy, numbers.max_ent_coef))
            return (learned, key, losses._replace(actor_loss=actor_loss, ent_coef_loss=ent_coef_loss)), None

        learned = learned._replace(
            actor=learned.actor.replace(apply_fn=self._learning_actor(numbers)),
            entropy=learned.entropy.replace(tx=optax.adam(numbers.entropy_learning_rate)),
        )
        none_yet = Losses(*[jnp.zeros(())] * len(Losses._fields))
        (learned, key, losses), _ = jax.lax.scan(block, (learned, key, none_yet), batches)
        learned = learned._replace(
            actor=learned.actor.replace(apply_fn=self._actor), entropy=learned.entropy.replace(tx=None)
        )
        return learned, key, losses

    def _learning_actor(self, numbers: Numbers) -> Callable[..., Any]:
        """Return the function that SBX's updates apply as the actor."""
        if self.shape.std_layer is not None:
            return lambda *inputs: PlainNormal(self._actor(*inputs).gaussian, numbers.mean_penalty)
        if not (self.shape.widening or self.shape.penalizing):
            return self._actor

        def actor(*inputs: Any) -> TanhNormal:
            gaussian = self._actor(*inputs).gaussian
            if self.shape.penalizing:
                gaussian = with_penalized_mean(gaussian, numbers.mean_penalty)
            return ScaledTanhNormal(gaussian, numbers.box_share) if self.shape.widening else TanhNormal(gaussian)

        return actor

    def _acting(self, parameters: Any, observations: jax.Array) -> Any:
        """Return the distribution of actions, squashed into the whole box even while only a part of it is open."""
        distribution = self._actor(parameters, observations)
        return distribution if self.shape.std_layer is None else PlainNormal(distribution.gaussian, 0.0)

    def _bounded(self, actions: jax.Array) -> jax.Array:
        return jnp.clip(actions, -1, 1) if self.shape.std_layer is None else actions

    def _act(
        self, parameters: Any, observations: jax.Array, probing: jax.Array, keys: jax.Array, redraw: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Return actions scaled to [-1, 1], shape (robots, action_dim), and the keys for the next call.

        Args:
            parameters: the actor's.
            observations: normalised, shape (robots, observation_dim).
            probing: robots that act deterministically, shape (robots,).
            keys: SBX's pair: the policy's key, and the key of the noise, which held noise uses again, shape (2, …).
            redraw: whether new noise is drawn.
        """
        keys = jnp.where(redraw, jax.random.split(keys[0]), keys)
        distribution = self._acting(parameters, observations)
        exploring = distribution.sample(seed=keys[1])
        actions = jnp.where(probing[:, None], distribution.mode(), exploring)
        return self._bounded(actions), keys

    def _mode(self, parameters: Any, observations: jax.Array) -> jax.Array:
        """Return the deterministic policy's actions scaled to [-1, 1], shape (rows, action_dim)."""
        return self._bounded(self._acting(parameters, observations).mode())

    def _draw(self, parameters: Any, observations: jax.Array, key: jax.Array) -> jax.Array:
        """Return the exploring policy's actions scaled to [-1, 1], shape (rows, action_dim)."""
        return self._bounded(self._acting(parameters, observations).sample(seed=key))


@lru_cache(maxsize=64)
def programs_for(shape: Shape) -> Programs:
    """Return the programs of a shape, the same ones every time."""
    return Programs(shape)


def strong_types(tree: Any) -> Any:
    """Return the tree with every number as an array of its own strong type, so that no call compiles again.

    Every array is a copy: the programs may overwrite it. The copies go through the host, where they need no program.
    """
    return jax.tree.map(lambda leaf: jax.device_put(np.array(leaf)), tree)


def _entropy_coefficient(variables: Any) -> jax.Array:
    """Return the entropy coefficient from either of SBX's modules, the learned one and the constant one."""
    parameters = variables["params"]
    learned = "log_ent_coef" in parameters
    value: jax.Array = jnp.exp(parameters["log_ent_coef"]) if learned else parameters["dummy_param"]
    return value if learned else jax.lax.stop_gradient(value)


def _limited(entropy: TrainState, largest: jax.Array) -> TrainState:
    """Return the state of an entropy coefficient that is at most `largest`, if it is learned."""
    if "log_ent_coef" not in entropy.params:
        return entropy
    return entropy.replace(params={"log_ent_coef": jnp.minimum(entropy.params["log_ent_coef"], jnp.log(largest))})


def _with_learning_rates(learned: Learned, numbers: Numbers) -> Learned:
    return Learned(
        actor=_with_learning_rate(learned.actor, numbers.actor_learning_rate),
        critics=tuple(_with_learning_rate(critic, numbers.critic_learning_rate) for critic in learned.critics),
        entropy=learned.entropy,
    )


def _with_learning_rate(state: Any, learning_rate: jax.Array) -> Any:
    optimizer_state = state.opt_state
    hyperparameters = {**optimizer_state.hyperparams, "learning_rate": learning_rate}
    return state.replace(opt_state=optimizer_state._replace(hyperparams=hyperparameters))
