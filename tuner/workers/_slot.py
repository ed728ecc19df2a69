"""A place to train in a local pool, and the trial that runs there, as far as the manager knows."""

from dataclasses import dataclass
from pathlib import Path

from tuner.config import TrialSpec
from tuner.records import Tick
from tuner.training import Phase, StopRequest
from tuner.workers._process import WorkerProcess


@dataclass
class Running:
    """A trial in a slot, as far as its manager knows."""

    serial: int
    spec: TrialSpec
    heard_at: float
    fresh: bool = True
    """Its process was started for it."""
    begun: bool = False
    """Its process has said something about it."""
    launch_seconds: float | None = None
    """How long its process took to start, if it was started for it."""
    phase: Phase = "launch"
    last_tick: Tick | None = None
    stop: StopRequest | None = None
    stopped_at: float = 0.0


@dataclass
class Slot:
    """One place to train, with the process that lives there, if any."""

    number: int
    cpus: frozenset[int]
    log_file: Path
    process: WorkerProcess | None = None
    trial: Running | None = None
