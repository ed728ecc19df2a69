"""What a worker says about a trial: ticks while it runs, one outcome at its end.

Frozen dataclasses that are converted to JSON and back. They are sent through pipes and stored in files and databases.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self


class OutcomeKind(StrEnum):
    """How a trial ended. The outcome record, not an exit code, is the truth."""

    REACHED = "reached"
    """The target was reached and confirmed by evaluation; the trial stopped there or spent its budget."""
    EXHAUSTED = "exhausted"
    """The budget was spent without reaching the target: its time to return is censored."""
    PRUNED = "pruned"
    """The manager stopped it; `Outcome.rule` names the rule."""
    DIVERGED = "diverged"
    """NaN or infinity appeared in observations, rewards, actions or losses."""
    TOO_LARGE = "too_large"
    """It needs more memory than it may have, and was not trained; `details` has the bytes."""
    CRASHED = "crashed"
    """An exception, or a worker process that died."""
    HUNG = "hung"
    """No sign of life within the deadline."""
    INTERRUPTED = "interrupted"
    """The user or the study's time limit stopped it; it is queued again."""


SIMULATOR_LOST = "simulator_lost"
"""The detail of an outcome that says that the simulator's own process failed, so that the next trial needs another."""

TASK_BROKE = "task_broke"
"""The detail of a diverged outcome that says that the task gave NaN or infinity, although the agent's actions were
finite. That counts like a crash: it says nothing about the configuration."""
TASK_PREFIX = "task/"
"""Precedes the names of what the task measures where the learner's own metrics stand beside them."""
SATURATED = 0.99
"""Actions are saturated from this share of the way from the centre of the agent's box to its edge."""


def known_fields(kind: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a dataclass from stored data. Another version may have stored more."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in data.items() if name in names}


class _Record:
    """JSON in and out for the dataclasses below."""

    def to_json(self) -> dict[str, Any]:
        """Return the record as a JSON-safe dictionary."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build the record from the dictionary of `to_json`, which another version of this program may have written.

        Fields that this version does not know are ignored.

        Raises:
            TypeError: if a field without a default is missing.
            ValueError: if the kind of an outcome is unknown.
        """
        return cls(**known_fields(cls, data))


@dataclass(frozen=True)
class Tick(_Record):
    """One point of a trial's fixed time grid."""

    index: int
    """1 … number of ticks; tick k is at k / ticks of the budget."""
    clock_seconds: float
    """The training clock at this point of the grid, in seconds."""
    estimate: float | None = None
    """Estimated return of the deterministic policy: that of probes, or, for on-policy algorithms, what evaluations say
    of the exploring robots' return; before the first evaluation their return itself."""
    low: float | None = None
    """Lower end of the estimate's interval."""
    high: float | None = None
    """Upper end of the estimate's interval."""
    best: float | None = None
    """Best return so far, the number that the score reads; None until there is an estimate."""
    exploring: float | None = None
    """Estimated return of the exploring robots."""
    finished: float | None = None
    """Plain mean return of recently finished exploring episodes: late and biased, kept for comparison."""
    env_steps: int = 0
    """Environment steps since the start, over all robots."""
    updates: int = 0
    """Gradient steps since the start."""
    wall_seconds: float | None = None
    """Wall-clock seconds that the trial had taken in its worker, launching and compiling included; None in records of
    versions that did not keep it."""
    metrics: dict[str, float] = field(default_factory=dict)
    """What the learner says about itself, by SBX's own names (`actor_loss`, `ent_coef`, …), and `action_saturation`:
    the share of the last actions' coordinates that lie at the ends of the agent's box. What the task measures has
    `task/` before its own name (`task/speed_share`): its mean since the last tick over the robots that the estimate
    describes. All are finite."""


@dataclass(frozen=True)
class Evaluation(_Record):
    """One evaluation of the frozen deterministic policy, off the clock."""

    clock_seconds: float
    """The training clock when the policy was frozen."""
    mean: float
    """Mean return over episodes."""
    standard_error: float
    """Standard error of the mean."""
    episodes: int
    """Number of episodes, one for each robot."""
    mean_length: float
    """Mean episode length in control steps."""
    failed: float | None = None
    """Share of the episodes that ended by failure; None in records of versions that did not keep it."""
    metrics: dict[str, float] = field(default_factory=dict)
    """What the task measures, by its own names: means over the steps of all episodes, up to the end of each. All are
    finite."""


@dataclass(frozen=True)
class Milestone(_Record):
    """A return on the way to the target, and when a trial reached it."""

    goal: float
    """The return."""
    reached_seconds: float | None
    """Training clock at which it was reached, confirmed by an evaluation; None if it was not."""

    @property
    def label(self) -> str:
        """The goal as text, by which milestones of different trials are matched."""
        return f"{self.goal:.12g}"


@dataclass(frozen=True)
class Outcome(_Record):
    """How a trial ended, with everything needed to score, show and reproduce it."""

    kind: OutcomeKind
    message: str = ""
    """What happened: the exception, the signal, the quantity that was not finite."""
    rule: str | None = None
    """The pruning rule that stopped a pruned trial."""
    reached_seconds: float | None = None
    """Time to return on the training clock; None when the target was not reached."""
    final_return: float | None = None
    """The mean of `final_evaluation`, or of the evaluation at which a trial stopped; otherwise the last estimate of the
    return."""
    best_return: float | None = None
    """The best return, as in `Tick.best`."""
    clock_seconds: float = 0.0
    """The training clock at the end."""
    env_steps: int = 0
    updates: int = 0
    ledger: dict[str, float] = field(default_factory=dict)
    """Seconds by account; the sum is the trial's wall-clock time in the worker."""
    agent: dict[str, Any] | None = None
    """The `AgentConfig` with its action box resolved to absolute numbers, as JSON."""
    evaluations: list[dict[str, Any]] = field(default_factory=list)
    """Every `Evaluation` of the trial, in order."""
    final_evaluation: dict[str, Any] | None = None
    """The `Evaluation` of the policy at the end, the last of `evaluations`; None if it was not asked for, or the trial
    ended neither by its target nor by its budget."""
    milestones: list[dict[str, Any]] = field(default_factory=list)
    """Every `Milestone` of the objective, in rising order; see `milestones_of`."""
    contended: bool = False
    """Other work competed for the trial's CPUs, so its clock is not comparable."""
    details: dict[str, Any] = field(default_factory=dict)
    """Other facts: package versions, traceback, peak memory, seconds of resets."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", OutcomeKind(self.kind))


@dataclass(frozen=True)
class Device(_Record):
    """What a worker computes on, as far as the seconds of its trials depend on it; without the machine's name."""

    cpu: str
    """The processor's model."""
    threads: int
    """CPUs that the worker can keep busy."""
    accelerator: str | None = None
    """The kind of JAX's device, such as `NVIDIA H100 80GB HBM3`; None where it is the processor."""
    accelerator_memory_bytes: int | None = None
    """What JAX may take of its memory; None where that is not known."""
    sharing: int = 1
    """Workers on the accelerator, this one among them."""
    bfloat16: bool = False
    """Whether the device that learns has units for bfloat16, so that agents may train in it."""

    @property
    def class_name(self) -> str:
        """The name of its class. Seconds compare within a class: the same kind of device, threads and precision."""
        threads = f"{self.threads} thread{'s' * (self.threads > 1)}"
        shared = f" shared by {self.sharing}" if self.sharing > 1 else ""
        place = self.cpu if self.accelerator is None else f"{self.accelerator}{shared} with {self.cpu}"
        return f"{place}, {threads}, {'BF16' if self.bfloat16 else 'no BF16'}"


@dataclass(frozen=True)
class Calibration(_Record):
    """How fast a device is at a study's task and at a reference update, measured off every trial's clock."""

    device: Device
    env_steps_per_second: float | None = None
    """Environment steps of all robots together, with random actions; None if it was not measured."""
    updates_per_second: float | None = None
    """Gradient steps of the fused SAC of the reference size; None if it was not measured."""
    contended: bool = False
    """Other work competed for the CPUs while it was measured."""
    measured_epoch_seconds: float = 0.0
    """When, in seconds since the Unix epoch."""
    task: dict[str, Any] = field(default_factory=dict)
    """The `TaskConfig` that was stepped, as JSON."""
    versions: dict[str, str] = field(default_factory=dict)
    """Of the packages that training uses."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Build the record from the dictionary of `to_json`; see `Outcome.from_json`."""
        return cls(**{**known_fields(cls, data), "device": Device.from_json(data["device"])})


def milestones_of(outcome: Outcome | None) -> tuple[Milestone, ...]:
    """Return the milestones that a trial was watched for, in rising order; none for a trial that has not ended."""
    return () if outcome is None else tuple(Milestone.from_json(each) for each in outcome.milestones)
