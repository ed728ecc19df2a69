"""The replay memory on the device, as pure functions: insert a rollout, draw transitions with n-step returns.

For the same rows and robots they return what Stable-Baselines3's `ReplayBuffer` and `NStepReplayBuffer` do.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

REWARD, DONE, TIMEOUT = range(3)
"""The numbers in `Steps.endings`."""


class Steps(NamedTuple):
    """Environment steps of all robots: the whole memory (capacity rows, a ring) or one rollout."""

    observations: jax.Array
    """Before the step, as the task gave them, shape (rows, robots, observation_dim)."""
    actions: jax.Array
    """Scaled to [-1, 1], shape (rows, robots, action_dim)."""
    next_observations: jax.Array
    """After the step; at an episode's end its true last observation, shape (rows, robots, observation_dim)."""
    endings: jax.Array
    """Reward, whether the episode ended, whether it ended by time, shape (rows, robots, 3)."""


class Filled(NamedTuple):
    """How much of the memory holds steps; whole numbers."""

    rows: jax.Array
    newest: jax.Array
    """The row written last."""


class Scaling(NamedTuple):
    """How observations are normalised when they are drawn: (observation − mean) / deviation, clipped to ± limit."""

    mean: jax.Array
    """Shape (observation_dim,)."""
    deviation: jax.Array
    """Shape (observation_dim,)."""
    limit: jax.Array
    """A number; infinity does not clip."""


class Batch(NamedTuple):
    """Transitions to learn from; the names are those of SBX's updates. The first axis is the transitions."""

    observations: jax.Array
    actions: jax.Array
    next_observations: jax.Array
    rewards: jax.Array
    """Sum of the discounted rewards of up to n steps."""
    dones: jax.Array
    """1 where the last of these steps ended the episode by failure, else 0."""
    discounts: jax.Array
    """What the value of the next observation is multiplied by: gamma to the number of steps."""


def insert(memory: Steps, rollout: Steps, row: jax.Array) -> Steps:
    """Write a rollout into the memory from `row` on; it must not run over the memory's end."""
    return Steps(
        *(
            jax.lax.dynamic_update_slice(whole, part, (row, *[0] * (whole.ndim - 1)))
            for whole, part in zip(memory, rollout, strict=True)
        )
    )


def draw_places(key: jax.Array, count: int, filled: jax.Array, robots: int) -> tuple[jax.Array, jax.Array]:
    """Draw rows among the `filled` first ones and robots, uniformly with replacement, each of shape (count,)."""
    # Both at once give the numbers of one after the other, with half of the operations to compile.
    draw = jax.vmap(lambda key, bound: jax.random.randint(key, (count,), 0, bound))
    rows, columns = draw(jax.random.split(key), jnp.array([filled, robots]))  # type: ignore[no-untyped-call]
    return rows, columns


def transitions(
    memory: Steps, rows: jax.Array, robots: jax.Array, newest: jax.Array, *, gamma: jax.Array, n_steps: int
) -> Batch:
    """Return the transitions that start at the given places.

    An n-step return stops at the end of an episode, and at the newest row, after which the ring holds older steps.

    Args:
        memory: the memory.
        rows: where each transition starts, shape (transitions,).
        robots: whose it is, shape (transitions,).
        newest: the row written last.
        gamma: discount per step.
        n_steps: most steps in a return.
    """
    capacity = memory.endings.shape[0]
    steps = jnp.arange(n_steps)
    window = (rows[:, None] + steps) % capacity
    endings = memory.endings[window, robots[:, None]]
    ended = (endings[..., DONE] > 0) | (endings[..., TIMEOUT] > 0) | (window == newest)
    last = jnp.where(ended.any(axis=1), ended.argmax(axis=1), n_steps - 1)
    counted = steps <= last[:, None]
    rewards = (endings[..., REWARD] * gamma**steps * counted).sum(axis=1)
    last_rows = (rows + last) % capacity
    final = jnp.take_along_axis(endings, last[:, None, None], axis=1)[:, 0]
    # A step that is both, a failure at the very last moment, bootstraps, as in Stable-Baselines3.
    return Batch(
        observations=memory.observations[rows, robots],
        actions=memory.actions[rows, robots],
        next_observations=memory.next_observations[last_rows, robots],
        rewards=rewards,
        dones=final[:, DONE] * (1 - final[:, TIMEOUT]),
        discounts=gamma ** (last + 1),
    )


def scaled(observations: jax.Array, scaling: Scaling) -> jax.Array:
    """Normalise observations, shape (…, observation_dim)."""
    return jnp.clip((observations - scaling.mean) / scaling.deviation, -scaling.limit, scaling.limit)
