"""The replay buffer that lies on the device."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

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
        robots: the robot of each, shape (transitions,).
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


_insert = jax.jit(insert, donate_argnums=0)


@partial(jax.jit, static_argnums=(0, 1))
def _empty_memory(rows_and_robots: tuple[int, int], widths: tuple[int, ...]) -> list[jax.Array]:
    """Return one array of zeros for each width, made in one program, because every program has to be compiled."""
    return [jnp.zeros((*rows_and_robots, width), jnp.float32) for width in widths]


class DeviceReplayBuffer:
    """Replaces Stable-Baselines3's buffer in an agent of SBX.

    Steps are gathered on the host until a rollout is complete, and then inserted at once. The ring holds a whole number
    of rollouts, so that no rollout wraps around its end.
    """

    def __init__(
        self,
        buffer_size: int,
        observation_space: spaces.Box,
        action_space: spaces.Box,
        device: str = "cpu",
        n_envs: int = 1,
        optimize_memory_usage: bool = False,
        *,
        rollout_steps: int,
    ) -> None:
        """Allocate the memory on JAX's default device; all arguments but the last are those of Stable-Baselines3.

        Args:
            buffer_size: transitions to hold, of all robots together; cut to whole rollouts, at least one.
            observation_space: of one robot.
            action_space: of one robot.
            device: not used; Stable-Baselines3 would put PyTorch's tensors there.
            n_envs: robots that step at once.
            optimize_memory_usage: not supported, as in Stable-Baselines3's n-step buffer.
            rollout_steps: environment steps between updates.
        """
        del device
        if optimize_memory_usage:
            raise NotImplementedError("the buffer on the device keeps next observations: no optimize_memory_usage")
        self.capacity = capacity_of(buffer_size, n_envs, rollout_steps)
        """Environment steps that it holds, of each robot."""
        self.rollout_steps = rollout_steps
        self._widths = _widths(observation_space, action_space)
        self._n_envs = n_envs
        self.memory = Steps(*_empty_memory((self.capacity, n_envs), self._widths))
        """The steps on the device; `flush` puts new arrays here and makes the old ones invalid."""
        self._rollout = self._new_rollout()
        self._staged = 0
        self._row = 0
        self._filled = 0

    @property
    def filled(self) -> Filled:
        """Which part of `memory` holds steps."""
        return Filled(np.int32(self._filled), np.int32((self._row - 1) % self.capacity))  # type: ignore[arg-type]

    @property
    def between_rollouts(self) -> bool:
        """Whether the next step begins a rollout; False while one that was left early is incomplete."""
        return self._staged % self.rollout_steps == 0

    def size(self) -> int:
        """Return how many environment steps of each robot it holds, those not yet on the device included."""
        return min(self._filled + self._staged, self.capacity)

    def add(
        self,
        observations: npt.NDArray[Any],
        next_observations: npt.NDArray[Any],
        actions: npt.NDArray[Any],
        rewards: npt.NDArray[Any],
        dones: npt.NDArray[Any],
        timeouts: npt.NDArray[Any],
    ) -> None:
        """Take in one step of all robots; the first axis of every array is the robots.

        Args:
            observations: before the step, as the task gave them.
            next_observations: after it; at an episode's end the true last one.
            actions: scaled to [-1, 1].
            rewards: of the step.
            dones: whether the episode ended, for any reason.
            timeouts: whether it ended by time.
        """
        if self._staged == self.rollout_steps:
            self.flush()
        row, rollout = self._staged, self._rollout
        rollout.observations[row] = observations
        rollout.actions[row] = actions
        rollout.next_observations[row] = next_observations
        rollout.endings[row, :, REWARD] = rewards
        rollout.endings[row, :, DONE] = dones
        rollout.endings[row, :, TIMEOUT] = timeouts
        self._staged += 1

    def flush(self) -> None:
        """Insert the rollout into the memory if it is complete. Call it only while no program reads the memory."""
        if self._staged < self.rollout_steps:
            return
        self.memory = _insert(self.memory, self._rollout, np.int32(self._row))
        self._rollout = self._new_rollout()  # the device may still be reading the old one
        self._staged = 0
        self._row = (self._row + self.rollout_steps) % self.capacity
        self._filled = min(self._filled + self.rollout_steps, self.capacity)

    def warm_up(self) -> None:
        """Compile what `flush` calls by inserting an empty rollout into the empty memory.

        Raises:
            ValueError: if the memory is not empty.
        """
        if self.size():
            raise ValueError("only an empty replay buffer can be warmed up")
        self.memory = _insert(self.memory, self._new_rollout(), np.int32(0))

    def interrupt(self) -> None:
        """End all trajectories at the newest step, as a time-out would; ended episodes do not change."""
        if self._staged:
            endings = self._rollout.endings[self._staged - 1]
            endings[endings[:, DONE] == 0, TIMEOUT] = 1
        elif self._filled:
            newest = (self._row - 1) % self.capacity
            endings = np.array(self.memory.endings[newest])
            endings[endings[:, DONE] == 0, TIMEOUT] = 1
            self.memory = self.memory._replace(endings=self.memory.endings.at[newest].set(endings))

    def _new_rollout(self) -> Any:
        shapes = ((self.rollout_steps, self._n_envs, width) for width in self._widths)
        return Steps(*(np.zeros(shape, np.float32) for shape in shapes))  # type: ignore[arg-type]


def capacity_of(buffer_size: int, n_envs: int, rollout_steps: int) -> int:
    """Return the environment steps that a buffer of so many transitions holds of each robot, in whole rollouts."""
    return max(buffer_size // n_envs // rollout_steps, 1) * rollout_steps


def bytes_needed(capacity: int, n_envs: int, observation_space: spaces.Box, action_space: spaces.Box) -> int:
    """Return the bytes that a buffer on the device takes."""
    return capacity * n_envs * sum(_widths(observation_space, action_space)) * np.dtype(np.float32).itemsize


def _widths(observation_space: spaces.Box, action_space: spaces.Box) -> tuple[int, int, int, int]:
    """Return how many numbers each member of `Steps` has for one step of one robot."""
    observation_dim, action_dim = (int(np.prod(space.shape)) for space in (observation_space, action_space))
    return observation_dim, action_dim, observation_dim, TIMEOUT + 1
