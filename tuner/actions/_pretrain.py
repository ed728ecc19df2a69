"""Train a policy to derive action bounds from: PPO, whose exploration does not depend on the action box."""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tuner.clock import MonotonicClock
from tuner.config import AgentConfig, ObjectiveConfig, TaskConfig, TrialSpec
from tuner.errors import TunerError, UserError, unknown_name
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.simulators import TaskEnv
from tuner.spaces import load_space
from tuner.tracebacks import with_frame
from tuner.training import Phase, StopRequest, run_trial

PRETRAININGS: Mapping[str, tuple[str, str]] = {"ppo": ("ppo_speed", "isaaclab_ppo_small")}
"""The search space and the warm start that an algorithm is trained with."""
TICKS = 20


class PretrainingChannel:
    """Passes a trial's ticks on, and stops the trial on request."""

    def __init__(self, show: Callable[[Tick], None] = lambda _: None) -> None:
        """Open the channel; `show` gets each tick."""
        self._show = show
        self._request: StopRequest | None = None

    def stop(self) -> None:
        """Ask the trial to end; its policy is kept. Safe to call from a signal handler."""
        self._request = StopRequest(OutcomeKind.INTERRUPTED)

    def phase(self, phase: Phase) -> None:
        """Ignore the phase."""

    def notice(self, text: str) -> None:
        """Ignore the notice: nothing that pretraining chooses gives rise to one."""

    def alive(self) -> None:
        """Ignore the sign of life."""

    def tick(self, tick: Tick) -> None:
        """Show a tick."""
        self._show(tick)

    def stop_requested(self) -> StopRequest | None:
        """Return the request to stop, if `stop` was called."""
        return self._request


def pretraining_agent(algorithm: str, task: TaskConfig) -> AgentConfig:
    """Return the agent that `tuner bounds TASK --pretrain` trains, on the task's own box.

    Raises:
        UserError: for an algorithm that is not in `PRETRAININGS`: the others explore within the box that is looked for.
    """
    if algorithm not in PRETRAININGS:
        raise unknown_name("algorithm to pretrain", algorithm, PRETRAININGS)
    space_name, warm_start = PRETRAININGS[algorithm]
    space = load_space(space_name)
    return space.agent(space.warm_start(warm_start, task), task)


def pretraining_spec(
    algorithm: str,
    task: TaskConfig,
    *,
    seconds: float,
    target: float | None,
    seed: int,
    threads: int,
    runs_dir: Path,
) -> TrialSpec:
    """Return the trial that pretrains, with its own folder: `<runs_dir>/pretrain-<algorithm>-<task>/trial-NNNN`.

    Args:
        algorithm: one of `PRETRAININGS`.
        task: what to train.
        seconds: budget on the training clock.
        target: a return at which to stop early, once an evaluation confirms it; None spends the whole budget.
        seed: seeds simulator and agent.
        threads: CPU threads for the simulator.
        runs_dir: the folder of all runs.

    Raises:
        UserError: for a target that is not finite, or an algorithm that `pretraining_agent` refuses.
    """
    if target is not None and not math.isfinite(target):
        raise UserError(f"--target {target:g}: give the return at which to stop, a finite number such as 15.")
    study = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"pretrain-{algorithm}-{task.id}")
    number = _next_number(runs_dir / study)
    kind = "return_at_budget" if target is None else "time_to_return"
    return TrialSpec(
        study=study,
        number=number,
        seed=seed,
        task=task,
        agent=pretraining_agent(algorithm, task),
        objective=ObjectiveConfig.model_validate({"kind": kind, "target": target}),
        budget_seconds=seconds,
        ticks=TICKS,
        threads=threads,
        directory=str(runs_dir / study / f"trial-{number:04d}"),
    )


def pretrain(spec: TrialSpec, env: TaskEnv, channel: PretrainingChannel) -> Outcome:
    """Train, and return the outcome; the policy is in the trial's folder.

    Raises:
        UserError: if the agent cannot be built for the task.
        TunerError: if training failed, or was stopped before anything was learned.
    """
    outcome = run_trial(spec, env, channel, clock=MonotonicClock())
    if outcome.kind in (OutcomeKind.CRASHED, OutcomeKind.DIVERGED):
        error = UserError if outcome.details.get("user_error") else TunerError
        message = f"The pretraining {outcome.kind.value}: {outcome.message}"
        raise error(with_frame(message, outcome.details.get("user_frame")))
    if outcome.details.get("warning"):
        raise TunerError(f"The pretraining's policy is lost: {outcome.details['warning']}")
    if outcome.updates == 0:
        raise TunerError("The pretraining ended before anything was learned. Give it more --seconds.")
    return outcome


def _next_number(folder: Path) -> int:
    numbers = [int(entry.name[6:]) for entry in folder.glob("trial-*") if entry.name[6:].isdecimal()]
    return max(numbers, default=-1) + 1
