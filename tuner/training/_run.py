"""One trial from specification to outcome."""

from dataclasses import dataclass, field, replace
from typing import Any

from tuner.agents import finish_updates, gradient_steps_done, warm_up
from tuner.clock import Clock, Ledger
from tuner.config import TrialSpec
from tuner.errors import MemoryLimitError, UserError
from tuner.records import SIMULATOR_LOST, TASK_BROKE, Evaluation, Milestone, Outcome, OutcomeKind
from tuner.simulators import TaskEnv
from tuner.simulators.server import SimulatorLostError
from tuner.tracebacks import described, failure_details, users_details
from tuner.training._assembly import TrialParts, assemble
from tuner.training._callback import TargetReached, TrialCallback
from tuner.training._channel import Channel
from tuner.training._conditions import environment_details, is_contended, read_cpu_times
from tuner.training._meter import NonFiniteError, NonFiniteTaskError
from tuner.training._read_folder import check_start
from tuner.training._write_folder import TrialFiles

_NO_LIMIT = 2**60
"""Environment steps: only the training clock ends a trial."""


@dataclass(frozen=True)
class _Ending:
    """How a trial ended, before it is written down."""

    kind: OutcomeKind
    message: str = ""
    rule: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def run_trial(
    spec: TrialSpec, env: TaskEnv, channel: Channel, *, clock: Clock, ledger: Ledger | None = None
) -> Outcome:
    """Train one configuration once, under its budget on the training clock.

    Never raises for a trial that fails: an exception becomes `crashed` (with `details["user_error"]` where the message
    is one for the user), numbers that are not finite become `diverged`, a buffer beyond the memory becomes `too_large`,
    a request to stop becomes what it asks for.

    Args:
        spec: what to train.
        env: the task, opened by the caller and kept open; it is reseeded and reset.
        channel: gets phases, signs of life and ticks, and may ask the trial to stop.
        clock: measures the trial.
        ledger: continues a ledger that was opened before, to book the launch of the simulator; None opens one.

    Returns:
        The outcome. With `spec.directory` set, it also lies there as `outcome.json` beside `spec.json`, `curve.jsonl`
        and the policy.
    """
    trial = _Trial(spec, env, channel, ledger or Ledger(clock, "launch"))
    try:
        ending = trial.train()
    except NonFiniteError as error:
        broken = {TASK_BROKE: True} if isinstance(error, NonFiniteTaskError) else {}
        ending = _Ending(OutcomeKind.DIVERGED, f"{error} was NaN or infinite {trial.where()}", details=broken)
    except MemoryLimitError as error:
        details = {"bytes_asked": error.bytes_asked, "bytes_allowed": error.bytes_allowed}
        ending = _Ending(OutcomeKind.TOO_LARGE, str(error), details=details)
    except UserError as error:
        ending = _Ending(OutcomeKind.CRASHED, str(error), details={**users_details(error), "user_error": True})
    except SimulatorLostError as error:
        ending = _Ending(OutcomeKind.CRASHED, str(error), details={**failure_details(error), SIMULATOR_LOST: True})
    except Exception as error:  # of a simulator, SBX or JAX: it ends this trial, not the worker
        ending = _Ending(OutcomeKind.CRASHED, described(error), details=failure_details(error))
    return trial.conclude(ending)


class _Trial:
    """The parts of one trial, as far as they exist: a failure can strike before there is an agent."""

    def __init__(self, spec: TrialSpec, env: TaskEnv, channel: Channel, ledger: Ledger) -> None:
        self._spec = spec
        self._env = env
        self._channel = channel
        self._ledger = ledger
        self._files = TrialFiles(spec.directory, start_from=spec.start_from)
        self._parts: TrialParts | None = None
        self._contended = False
        self._final: Evaluation | None = None

    def train(self) -> _Ending:
        """Build the agent, compile its programs off the clock, train it, confirm what it reached."""
        check_start(self._spec)  # before anything is written: the folder may be this trial's own
        self._files.write_spec(self._spec.model_dump(mode="json"))
        self._channel.phase("compile")
        with self._ledger.account("compile"):
            parts = self._parts = assemble(self._spec, self._env, self._channel, self._ledger, self._files)
            warm_up(parts.agent)
        self._channel.phase("train")
        before = read_cpu_times(self._env.process_id)
        try:
            with self._ledger.account("act"):
                parts.agent.learn(_NO_LIMIT, parts.callback, log_interval=_NO_LIMIT)
            finish_updates(parts.agent)
            parts.callback.confirm()  # a crossing in the last rollout, which the budget cut short
        except TargetReached:
            ending = _Ending(OutcomeKind.REACHED)
        else:
            ending = self._ending(parts.callback)
        finally:
            self._contended = is_contended(before, read_cpu_times(self._env.process_id))
        if self._spec.final_evaluation and ending.kind in (OutcomeKind.REACHED, OutcomeKind.EXHAUSTED):
            self._final = parts.callback.evaluate_final()
            request = self._channel.stop_requested() if self._final is None else None
            ending = ending if request is None else _Ending(request.kind, rule=request.rule)
        return ending

    def _ending(self, callback: TrialCallback) -> _Ending:
        """Return how a trial ended that did not stop at its target."""
        request = callback.stop_request
        if request is None and callback.progress.goals.target_pending:
            request = self._channel.stop_requested()  # it cut the last evaluation short
        if request is not None:
            return _Ending(request.kind, rule=request.rule)
        reached = callback.progress.goals.reached_seconds is not None  # and trained on
        return _Ending(OutcomeKind.REACHED if reached else OutcomeKind.EXHAUSTED, self._overrun())

    def _overrun(self) -> str:
        """Say by how much the budget was overrun, if it was by more than a tick; the clock has all of it."""
        budget = self._spec.budget_seconds
        over = self._ledger.training_seconds - budget
        if over <= budget / self._spec.ticks:
            return ""
        return (
            f"it ran {over:.2g} s over its budget of {budget:g} s, because one call took longer than what was left: a "
            "step or a reset of all robots, or an update"
        )

    def where(self) -> str:
        """Say how far the trial had come, for a message."""
        steps = self._parts.agent.num_timesteps if self._parts is not None else 0
        return f"after {self._ledger.training_seconds:.1f} s and {steps:,} environment steps"

    def conclude(self, ending: _Ending) -> Outcome:
        """Write the policy and the outcome down."""
        with self._ledger.account("report"):
            details = {**environment_details(), **_task_details(self._env), **ending.details}
            if self._parts is not None and ending.kind not in (OutcomeKind.CRASHED, OutcomeKind.DIVERGED):
                self._files.write_policy(self._parts.agent)
            if self._parts is not None:
                details["reset_seconds"] = round(self._parts.meter.reset_seconds, 3)
            if self._files.warning is not None:
                details["warning"] = self._files.warning
            outcome = self._outcome(ending, details)
            self._files.write_outcome(outcome.to_json())
        if self._files.warning is not None and "warning" not in outcome.details:
            outcome.details["warning"] = self._files.warning
        return outcome

    def _outcome(self, ending: _Ending, details: dict[str, Any]) -> Outcome:
        outcome = Outcome(
            kind=ending.kind,
            message=ending.message,
            rule=ending.rule,
            clock_seconds=self._ledger.training_seconds,
            ledger=self._ledger.totals(),
            contended=self._contended,
            details=details,
            milestones=[Milestone(goal, None).to_json() for goal in self._spec.objective.milestones],
        )
        if self._parts is None:
            return outcome
        agent, callback = self._parts.agent, self._parts.callback
        goals = callback.progress.goals
        reached = goals.reached_seconds
        evaluated_last = self._final is not None or (reached is not None and self._spec.stop_at_target)
        return replace(
            outcome,
            agent=self._parts.config.to_json(),
            reached_seconds=reached,
            final_return=callback.evaluations[-1].mean if evaluated_last else callback.progress.last_return,
            best_return=goals.best,
            env_steps=agent.num_timesteps,
            updates=gradient_steps_done(agent),
            evaluations=[evaluation.to_json() for evaluation in callback.evaluations],
            final_evaluation=None if self._final is None else self._final.to_json(),
            milestones=[milestone.to_json() for milestone in goals.milestones],
        )


def _task_details(env: TaskEnv) -> dict[str, Any]:
    """Return what has to be the same wherever the policy is to run, as far as it is known."""
    details: dict[str, Any] = {}
    if env.provenance is not None:
        details["simulator"] = dict(env.provenance)
    if env.joint_targets is not None:
        details["joints"] = list(env.joint_targets.names)
    if env.flattened:
        details["flattened"] = dict(env.flattened)
    return details
