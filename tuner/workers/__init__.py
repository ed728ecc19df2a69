"""Processes that train trials, seen by the manager as a pool of slots."""

from tuner.workers._local import LocalPool
from tuner.workers._pool import Event, OutcomeEvent, PhaseEvent, TickEvent, WorkerPool
from tuner.workers._replay_pool import Recording, ReplayPool

__all__ = [
    "Event",
    "LocalPool",
    "OutcomeEvent",
    "PhaseEvent",
    "Recording",
    "ReplayPool",
    "TickEvent",
    "WorkerPool",
]
