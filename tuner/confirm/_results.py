"""The results of a confirmation, as plain data."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from tuner.analysis import Estimated, TaskMetrics
from tuner.records import Milestone


@dataclass(frozen=True)
class ConfirmRun:
    """One training of a candidate on one fresh seed."""

    seed: int
    kind: str
    """How it ended, an `OutcomeKind`: reached, exhausted, or a fault that remained after its retries."""
    reached_seconds: float | None
    """Time to return; None when the target was not reached."""
    clock_seconds: float
    """Training clock at its end."""
    best_return: float | None
    directory: str | None
    """Folder of its files, on the machine that trained it."""
    contended: bool = False
    """Whether other work ran on its CPUs, so that its seconds cannot be compared."""
    device_class: str | None = None
    """What it ran on, see `tuner.storage.device_classes`; None where that was not recorded."""
    milestones: tuple[Milestone, ...] = ()
    """When it reached each milestone that it was watched for, in rising order."""
    metrics: TaskMetrics | None = None
    """What its task measured last; None if the task has no metrics."""


@dataclass(frozen=True)
class MilestoneTimes:
    """How long a candidate takes to a milestone, over the runs that were watched for it."""

    goal: float
    label: str
    """The goal as text."""
    seconds: tuple[float | None, ...]
    """The times, in the order of the seeds; None for a run that did not reach it."""
    mean_seconds: Estimated
    """Their restricted mean, with its bootstrap interval."""


@dataclass(frozen=True)
class Candidate:
    """A configuration that is retrained, with the runs it has so far."""

    number: int | None
    """Its trial in the study; None for the reference."""
    label: str
    """`trial 12`, or the reference's name."""
    promised_seconds: float | None
    """Time to return of its trial in the study; None where it did not reach the target, and for the reference."""
    agent: dict[str, Any]
    """The `AgentConfig` as JSON. The action box is absolute, except for a reference that was not trained yet."""
    runs: tuple[ConfirmRun, ...]
    """In the order of the seeds."""
    mean_seconds: Estimated
    """Restricted mean of the times to return, with its bootstrap interval; NaN before the first run."""
    success_rate: float
    """Share of the runs that reached the target; NaN before the first run."""
    dropped: str | None
    """Why it gets no further seeds; None while it is in the race."""
    milestones: tuple[MilestoneTimes, ...] = ()
    """In rising order."""

    @property
    def gap_seconds(self) -> float | None:
        """By how much the fresh seeds were slower than the study promised; None without a promise or a run."""
        if self.promised_seconds is None or not self.runs:
            return None
        return self.mean_seconds.value - self.promised_seconds


@dataclass(frozen=True)
class Confirmation:
    """The state of a study's confirmation."""

    study: str
    target: float
    budget_seconds: float
    """Training clock of one run."""
    seeds: tuple[int, ...]
    """The fresh seeds, the same for every candidate."""
    candidates: tuple[Candidate, ...]
    """Best first, those that were dropped after the others, the reference last."""
    winner: Candidate | None
    """The smallest restricted mean, never the reference's; None until it is finished, and where no candidate reached
    the target on any seed."""
    finished: bool
    """Every candidate has all its seeds, or was dropped."""
    outdated: str | None
    """How the study has changed since it was confirmed, a line for each difference; None if it has not."""

    @property
    def reference(self) -> Candidate | None:
        """The reference, if there is one that is not among the candidates of the study itself."""
        return next((candidate for candidate in self.candidates if candidate.number is None), None)

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-safe dictionary, each candidate with its `gap_seconds`; the winner by its label."""
        data = asdict(self)
        for shown, candidate in zip(data["candidates"], self.candidates, strict=True):
            shown["gap_seconds"] = candidate.gap_seconds
        return {**data, "winner": None if self.winner is None else self.winner.label}


def remarks(confirmation: Confirmation) -> list[str]:
    """Return which runs count although they failed, and why seconds do not compare; nothing if there are none."""
    runs = [(candidate, run) for candidate in confirmation.candidates for run in candidate.runs]
    faults = [
        f"{candidate.label} {run.kind} on seed {confirmation.seeds.index(run.seed) + 1}"
        for candidate, run in runs
        if run.kind not in ("reached", "exhausted")
    ]
    lines = [f"Counted as not reached: {', '.join(faults)}."] if faults else []
    shared = sum(run.contended for _, run in runs)
    if shared:
        whose = "runs shared its" if shared == 1 else "runs shared their"
        lines.append(f"{shared} of {len(runs)} {whose} CPUs with other work; seconds of such runs do not compare.")
    devices = Counter(run.device_class for _, run in runs if run.device_class is not None)
    if len(devices) > 1:
        told = ", ".join(f"{count} on {name}" for name, count in devices.items())
        lines.append(f"The runs' seconds do not compare, as they ran on several classes of devices: {told}.")
    return lines
