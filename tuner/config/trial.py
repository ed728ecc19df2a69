"""What a worker needs to know to train one trial; it knows nothing of Optuna."""

from typing import Annotated

from pydantic import Field

from tuner.config._types import Frozen, Listed, PositiveCount, PositiveSeconds
from tuner.config.agent import AgentConfig
from tuner.config.study import ObjectiveConfig, TaskConfig


class TrialSpec(Frozen):
    """One configuration to train once under a budget."""

    study: str
    number: int = Field(ge=0)
    """The trial's number in the study."""
    attempt: int = Field(default=0, ge=0)
    """0 for the first try, 1 for the first retry, …"""
    seed: int = Field(ge=0)
    """Seeds the simulator, the agent and the estimator's bootstrap."""
    task: TaskConfig
    agent: AgentConfig
    joints: Annotated[tuple[str, ...], Listed] = ()
    """Names of the joints that the agent's bounds and standard deviations are meant for, in their order; empty if it
    does not matter. A task that orders them differently gets them in its own order."""
    objective: ObjectiveConfig
    budget_seconds: PositiveSeconds
    """Training clock of this trial."""
    ticks: PositiveCount
    threads: PositiveCount = 2
    """CPU threads for the simulator."""
    stop_at_target: bool = True
    """False trains for the whole budget, even if the target is reached on the way; the time to return is recorded."""
    final_evaluation: bool = False
    """True evaluates the policy at the end of the training, off the clock."""
    calibrate: bool = False
    """True measures how fast the worker's device is, before the trial begins, unless that was done today."""
    start_from: str | None = None
    """Folder of an earlier run whose policy, optimisers, entropy coefficient and normalisation the agent starts from;
    None starts from scratch. The replay buffer starts empty either way."""
    save_seconds: PositiveSeconds | None = None
    """Wall-clock seconds after which the policy is saved again while it trains, off the training clock; None saves it
    at the end."""
    directory: str | None = None
    """Folder for curves, ledger and policy; None writes nothing."""
