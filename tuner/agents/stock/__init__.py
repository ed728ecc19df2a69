"""SBX's agents as they are, with checked arguments, seconds booked and probe robots."""

from tuner.agents.stock._arguments import checked_arguments, with_schedules
from tuner.agents.stock._snapshot import unchanged
from tuner.agents.stock._timed import STOCK_CLASSES, TIMED_CLASSES, TimedOffPolicy, TimedSAC, TimedTQC

__all__ = [
    "STOCK_CLASSES",
    "TIMED_CLASSES",
    "TimedOffPolicy",
    "TimedSAC",
    "TimedTQC",
    "checked_arguments",
    "unchanged",
    "with_schedules",
]
