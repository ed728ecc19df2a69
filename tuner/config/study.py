"""The study file as models: what to train, for how long, how to search and how to stop early."""

import itertools
import re
from typing import Annotated, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from tuner.config._types import Frozen, Listed, PositiveCount, PositiveSeconds
from tuner.config.action_bounds import ActionBoundsFile
from tuner.config.recipes import Recipe

Options = dict[str, JsonValue]

_RAY_ADDRESS = re.compile(r"(ray://)?(\[[0-9a-fA-F:]+\]|[^\s/:@\[\]]+):\d{1,5}")

DEFAULT_STORAGE = "sqlite:///runs/tuner.db"
"""SQLAlchemy URL of the storage of every study that does not name another one."""


class TaskConfig(Frozen):
    """What the robot must do, and what simulates it."""

    id: str = Field(min_length=1)
    """The task's id, as `tuner tasks` lists it."""
    simulator: str = "mujoco"
    """`mujoco`, `gymnasium`, `isaaclab`, `mjlab`, or your own as `path/to/file.py:ClassName`."""
    python: str | None = Field(default=None, min_length=1)
    """The interpreter that has the simulator, which then runs in a process of its own. Without one, `isaaclab` and
    `mjlab` take the variables TUNER_ISAACLAB_PYTHON and TUNER_MJLAB_PYTHON, and the others run in the worker."""
    num_envs: PositiveCount = 256
    """Robots simulated at once."""
    options: Options = Field(default_factory=dict)
    """Passed to the simulator; each simulator documents its own."""


LoggerName = Literal["tensorboard", "wandb", "csv"]
"""The loggers that there are; see `tuner.loggers`."""


class ObjectiveConfig(Frozen):
    """What a trial is scored by."""

    kind: Literal["time_to_return", "return_at_budget"] = "time_to_return"
    target: float | None = None
    """The return that counts as solved."""
    milestones: Annotated[tuple[float, ...], Listed] = ()
    """Returns below the target, in rising order. When each was reached is recorded, confirmed like the target; no score
    depends on it."""

    @model_validator(mode="after")
    def _target_given(self) -> Self:
        if self.kind == "time_to_return" and self.target is None:
            raise ValueError("time_to_return needs a target: the return that counts as solved")
        return self

    @model_validator(mode="after")
    def _milestones_on_the_way(self) -> Self:
        if not self.milestones:
            return self
        given = ", ".join(f"{goal:g}" for goal in self.milestones)
        if self.kind != "time_to_return" or self.target is None:
            raise ValueError(
                f"milestones ({given}) are on the way to a target, which {self.kind} has not; leave them out"
            )
        if any(after <= before for before, after in itertools.pairwise(self.milestones)):
            raise ValueError(f"milestones must rise from one to the next, but are {given}; sort them, each once")
        if self.milestones[-1] >= self.target:
            raise ValueError(
                f"milestones must lie below the target of {self.target:g}, but are {given}; leave the rest out"
            )
        return self


class BudgetConfig(Frozen):
    """How much may be spent."""

    seconds: PositiveSeconds = 240.0
    """Training clock of one trial."""
    trials: PositiveCount = 60
    """Trials in the study, warm starts included; retries of faulty trials do not count."""
    total_seconds: PositiveSeconds | None = None
    """Wall-clock seconds of one `tuner run`; None for no limit."""
    ticks: PositiveCount = 40
    """Points of the time grid on which a trial reports."""


class SamplerConfig(Frozen):
    """Which Optuna sampler proposes trials."""

    kind: str = "tpe"
    seed: int = Field(default=0, ge=0)
    """Seeds the sampler, and with the trial's number the trial."""
    options: Options = Field(default_factory=dict)
    """Arguments of the Optuna sampler, in its own names."""


class PrunerConfig(Frozen):
    """What stops hopeless trials early."""

    kind: str = "time_to_return"
    options: Options = Field(default_factory=dict)
    """Arguments of the pruner, in its own names."""


class ConfirmConfig(Frozen):
    """How the best configurations are retrained on fresh seeds."""

    top: PositiveCount = 3
    """How many of the study's best configurations."""
    seeds: PositiveCount = 5
    """Fresh seeds for each configuration that is not dropped earlier."""
    reference: str | None = Field(default=None, min_length=1)
    """A warm start, by its name, that is trained on the same seeds for comparison; it never wins."""


class WorkersConfig(Frozen):
    """The processes that train."""

    kind: Literal["local", "ray"] = "local"
    """`local` for this machine, `ray` for the nodes of a Ray cluster."""
    address: str | None = None
    """Of `ray`: `auto` for the cluster that runs on this machine, `ray://host:10001` or `host:6379` for another one,
    `local` for one that is started here and ends with the run; None for what RAY_ADDRESS names, else `local`."""
    count: PositiveCount = 1
    """How many; of `ray`, how many at most: as many as fit on the nodes that are there."""
    threads: PositiveCount = 2
    """CPUs each worker is pinned to; simulation and learning share them."""
    gpus: float | None = Field(default=None, ge=0)
    """Of `ray`: GPUs that each worker asks for, or a part of one; None for one if any node has one."""
    resources: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """Of `ray`: what else each worker asks for, such as `isaaclab: 1`, by the names that nodes were started with."""
    retries: int = Field(default=1, ge=0)
    """How often a crashed, hung or diverged trial is tried again."""
    launch_seconds: PositiveSeconds = 300.0
    """Deadline for signs of life while the simulator starts or programs compile."""
    silence_seconds: PositiveSeconds = 60.0
    """Deadline for signs of life while training; longer silence counts as hung."""
    calibrate: bool = True
    """Measure for some seconds how fast each kind of device is, once a day, off every clock; `tuner reprice` needs
    it."""

    @model_validator(mode="after")
    def _of_ray_only(self) -> Self:
        given = [name for name in ("address", "gpus", "resources") if getattr(self, name) not in (None, {})]
        if self.kind != "ray" and given:
            raise ValueError(f"{given[0]} is for workers of kind ray; leave it out, or write kind: ray")
        return self

    @field_validator("address")
    @classmethod
    def _an_address(cls, address: str | None) -> str | None:
        if address is None or address in ("auto", "local") or _RAY_ADDRESS.fullmatch(address):
            return address
        raise ValueError(f"{address!r} must be auto, local, ray://host:10001 or host:6379")

    @field_validator("gpus")
    @classmethod
    def _whole_or_a_part(cls, gpus: float | None) -> float | None:
        if gpus is not None and gpus > 1 and gpus % 1:
            raise ValueError(f"{gpus:g} must be a whole number, or a part of one GPU, such as 0.5")
        return gpus

    @field_validator("resources")
    @classmethod
    def _own_resources(cls, resources: dict[str, float]) -> dict[str, float]:
        for name in resources:
            if name.lower() in ("cpu", "gpu", "memory", "object_store_memory"):
                raise ValueError(f"{name} is none of your own resources: write threads for CPUs, and gpus for GPUs")
        return resources


class UnpinnedStart(Frozen):
    """A warm start of the search space that is tried as it is, also where the study pins other values."""

    unpinned: str = Field(min_length=1)
    """The warm start's name."""

    @property
    def name(self) -> str:
        """What it is called where trials are shown."""
        return self.unpinned


class StudyConfig(Frozen):
    """One study, as its YAML file describes it."""

    study: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    """The study's name in the storage, and its folder under `runs/`."""
    task: TaskConfig
    search_space: str = Field(min_length=1)
    """A bundled search space by name, or your own as `path/to/file.py:function`."""
    action_bounds: ActionBoundsFile | None = None
    """The content of a bounds file, as `tuner bounds` writes it; the study file has its path. It replaces the shares of
    the task's own action box that the search space and its warm starts use otherwise."""
    fixed: Options = Field(default_factory=dict)
    """Parameters that have these values instead of sampled ones, under the search space's names or SBX's."""
    warm_start: Annotated[tuple[str | UnpinnedStart | Recipe, ...], Listed] = ()
    """Configurations that are tried first: named ones of the search space, and others in SBX's names. A study file has
    the paths of those in other files. Pinned values replace theirs, but for `UnpinnedStart`."""
    objective: ObjectiveConfig
    budget: BudgetConfig = BudgetConfig()
    sampler: SamplerConfig = SamplerConfig()
    pruner: PrunerConfig = PrunerConfig()
    confirm: ConfirmConfig | None = None
    workers: WorkersConfig = WorkersConfig()
    loggers: Annotated[tuple[LoggerName, ...], Listed] = ()
    """Where else each trial's curve and what its learner says are written while it trains."""
    storage: str = DEFAULT_STORAGE
    """SQLAlchemy URL of the Optuna storage."""

    @field_validator("warm_start")
    @classmethod
    def _no_duplicates(
        cls, starts: tuple[str | UnpinnedStart | Recipe, ...]
    ) -> tuple[str | UnpinnedStart | Recipe, ...]:
        names = [start if isinstance(start, str) else start.name for start in starts]
        if len(set(names)) != len(names):
            raise ValueError("a warm start is named twice")
        return starts

    @field_validator("loggers")
    @classmethod
    def _each_logger_once(cls, names: tuple[LoggerName, ...]) -> tuple[LoggerName, ...]:
        return tuple(dict.fromkeys(names))

    @model_validator(mode="after")
    def _bounds_for_this_task(self) -> Self:
        mismatch = self.action_bounds and self.action_bounds.mismatch(self.task.id, self.task.simulator)
        if mismatch:
            raise ValueError(mismatch)
        return self
