"""What crosses between a simulator and an agent in shared memory, and where it lies there."""

import mmap
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

BUFFERS = 2
"""Each step uses the other buffer, so that the arrays of one step can be read while the next one is computed."""
_ALIGNMENT = 64
"""Bytes; a cache line."""


class Buffer(NamedTuple):
    """The arrays of one step."""

    actions: Any
    """In the task's units, float32, shape (robots, action_dim)."""
    observations: Any
    """After the step, of the new episode where one ended, float32, shape (robots, observation_dim)."""
    rewards: Any
    """float32, shape (robots,)."""
    terminated: Any
    """Whether the episode ended by failure, bool, shape (robots,)."""
    truncated: Any
    """Whether the episode ended by time and not by failure, bool, shape (robots,)."""
    final_observations: Any
    """The true last observation of an episode, valid where one ended, float32, shape (robots, observation_dim)."""
    metrics: Any
    """What the task measured in the step, NaN where it does not apply, float32, shape (metrics, robots)."""


@dataclass(frozen=True)
class Layout:
    """Where the arrays lie; both sides compute it from the same four numbers."""

    robots: int
    observation_dim: int
    action_dim: int
    metrics: int = 0
    """How many there are."""

    @property
    def size(self) -> int:
        """Bytes of all buffers."""
        return BUFFERS * self._buffer_size

    def buffers(self, memory: mmap.mmap) -> tuple[Buffer, ...]:
        """Return the arrays of every buffer as views of the memory, which has `size` bytes."""
        return tuple(self._buffer(memory, index * self._buffer_size) for index in range(BUFFERS))

    def _buffer(self, memory: mmap.mmap, offset: int) -> Buffer:
        arrays = []
        for shape, dtype in self._arrays():
            count = int(np.prod(shape))
            arrays.append(np.ndarray(shape, dtype, memory, offset) if count else np.empty(shape, dtype))
            offset += _aligned(count * np.dtype(dtype).itemsize)
        return Buffer(*arrays)

    @property
    def _buffer_size(self) -> int:
        return sum(_aligned(int(np.prod(shape)) * np.dtype(dtype).itemsize) for shape, dtype in self._arrays())

    def _arrays(self) -> list[tuple[tuple[int, ...], Any]]:
        observations = (self.robots, self.observation_dim)
        return [
            ((self.robots, self.action_dim), np.float32),
            (observations, np.float32),
            ((self.robots,), np.float32),
            ((self.robots,), np.bool_),
            ((self.robots,), np.bool_),
            (observations, np.float32),
            ((self.metrics, self.robots), np.float32),
        ]


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT
