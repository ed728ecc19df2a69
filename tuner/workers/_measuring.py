"""Measure this machine as a worker of a study would."""

import tempfile
from pathlib import Path

from tuner.config import AgentConfig, ObjectiveConfig, TaskConfig, TrialSpec, WorkersConfig
from tuner.errors import TunerError, UserError
from tuner.records import Calibration, OutcomeKind
from tuner.training import StopRequest
from tuner.workers._local_pool import LocalPool
from tuner.workers._pool import CalibrationEvent, OutcomeEvent

_POLL_SECONDS = 0.5


def measure_here(task: TaskConfig, workers: WorkersConfig) -> Calibration:
    """Return the calibration of one worker of this machine, in a process that is pinned and set up like any other.

    What was measured today is taken again, as for trials.

    Args:
        task: what is stepped.
        workers: `threads`, and how long a process may be silent.

    Raises:
        UserError: if the task cannot be opened by the user's mistake.
        TunerError: if the worker fails.
    """
    spec = TrialSpec(
        study="calibration",
        number=0,
        seed=0,
        task=task,
        agent=AgentConfig(algorithm="sac"),  # it is stopped before there is an agent
        objective=ObjectiveConfig(kind="return_at_budget"),
        budget_seconds=1.0,
        ticks=1,
        threads=workers.threads,
        calibrate=True,
    )
    with (
        tempfile.TemporaryDirectory(prefix="tuner-calibration-") as folder,
        LocalPool(workers.model_copy(update={"count": 1}), log_dir=Path(folder)) as pool,
    ):
        pool.submit(0, spec)
        while True:
            for event in pool.poll(_POLL_SECONDS):
                if isinstance(event, CalibrationEvent):
                    pool.stop(0, StopRequest(OutcomeKind.INTERRUPTED))
                    return event.calibration
                if isinstance(event, OutcomeEvent):
                    kind = UserError if event.outcome.details.get("user_error") else TunerError
                    raise kind(f"This machine could not be measured: {event.outcome.message}")
