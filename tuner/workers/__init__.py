"""Processes that train trials, seen by the manager as a pool of slots."""

from tuner.workers._cpus import claim_cpus, running_on
from tuner.workers._gpus import check_device
from tuner.workers._local_pool import LocalPool
from tuner.workers._measuring import measure_here
from tuner.workers._open_pool import open_pool
from tuner.workers._pool import (
    INTERRUPT_SECONDS,
    CalibrationEvent,
    Event,
    NoticeEvent,
    OutcomeEvent,
    PhaseEvent,
    PoolEvent,
    TickEvent,
    WaitEvent,
    WorkerPool,
)
from tuner.workers._ray_pool import RayPool
from tuner.workers._recorded_pool import Recording, ReplayPool

__all__ = [
    "INTERRUPT_SECONDS",
    "CalibrationEvent",
    "Event",
    "LocalPool",
    "NoticeEvent",
    "OutcomeEvent",
    "PhaseEvent",
    "PoolEvent",
    "RayPool",
    "Recording",
    "ReplayPool",
    "TickEvent",
    "WaitEvent",
    "WorkerPool",
    "check_device",
    "claim_cpus",
    "measure_here",
    "open_pool",
    "running_on",
]
