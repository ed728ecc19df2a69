"""Processes that train trials, seen by the manager as a pool of slots."""

from tuner.workers._base import Event, OutcomeEvent, PhaseEvent, TickEvent, WorkerPool

__all__ = ["Event", "OutcomeEvent", "PhaseEvent", "TickEvent", "WorkerPool"]
