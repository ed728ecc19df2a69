"""What a trial's policy did, by the metrics of its task."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tuner.records import TASK_PREFIX, Outcome, Tick


@dataclass(frozen=True)
class TaskMetrics:
    """What the task measured of a policy, at one point of its training."""

    source: Literal["evaluation", "tick"]
    """The trial's last evaluation; or its last tick, of a policy that was in training, if that is much later."""
    clock_seconds: float
    """The training clock then."""
    values: dict[str, float]
    """Means by the task's own names."""
    failed: float | None = None
    """Share of the evaluation's episodes that ended by failure; None if it is not known."""

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-safe dictionary."""
        return asdict(self)


def task_metrics(outcome: Outcome | None, ticks: Sequence[Tick]) -> TaskMetrics | None:
    """Return what the task measured last in a trial: in its last evaluation, or in the last tick that measured any.

    The evaluation is preferred, as it is of whole episodes and without noise, unless the trial trained on for more than
    a tick: then it says nothing of what the policy did at the end.

    Args:
        outcome: how the trial ended; None if it has not, or it is not known.
        ticks: the trial's ticks.

    Returns:
        The metrics; None if the task has none.
    """
    last = outcome.evaluations[-1] if outcome is not None and outcome.evaluations else {}
    evaluated = None
    if last.get("metrics"):
        evaluated = TaskMetrics("evaluation", last["clock_seconds"], last["metrics"], last.get("failed"))
    measured = _of_ticks(ticks)
    if evaluated is None or measured is None:
        return evaluated or measured
    return evaluated if evaluated.clock_seconds >= measured.clock_seconds - _tick_seconds(ticks) else measured


def _of_ticks(ticks: Sequence[Tick]) -> TaskMetrics | None:
    for tick in reversed(ticks):
        own = {
            name.removeprefix(TASK_PREFIX): value
            for name, value in tick.metrics.items()
            if name.startswith(TASK_PREFIX)
        }
        if own:
            return TaskMetrics("tick", tick.clock_seconds, own)
    return None


def _tick_seconds(ticks: Sequence[Tick]) -> float:
    return ticks[0].clock_seconds / ticks[0].index
