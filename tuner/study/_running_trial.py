"""One trial from Optuna's proposal to its end in the storage."""

from collections.abc import Collection
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState

from tuner.config import AgentConfig, StudyConfig, TrialSpec
from tuner.errors import UserError
from tuner.records import TASK_BROKE, Outcome, OutcomeKind, Tick
from tuner.spaces import SearchSpace
from tuner.storage import RunRecord, counts, score, transact, worst_score
from tuner.storage.attributes import (
    ATTEMPT,
    CENSORED,
    FINAL,
    OUTCOME,
    OWNER,
    QUEUED,
    RECORD,
    RETRY_OF,
    SPEC,
    TICKS,
    UNPINNED,
    UNSCORED,
    WARM_START,
)
from tuner.study.pruners import keeps_rungs
from tuner.tracebacks import users_details
from tuner.training import StopRequest


@dataclass
class RunningTrial:
    """A trial that a worker runs."""

    trial: optuna.Trial
    spec: TrialSpec
    label: str
    """The warm start's name, or empty."""
    ticks: list[Tick] = field(default_factory=list)
    stop: StopRequest | None = None
    """The request to stop that was sent."""
    lost: bool = False
    """Whether another manager has ended it in the storage; nothing of it is written any more."""


def claim_trial(study: optuna.Study, record: RunRecord, *, trials: int, known: Collection[int]) -> optuna.Trial | None:
    """Take the next trial of the queue, or else a new one, for a run; no other manager gets it.

    Args:
        study: the study.
        record: the run, which renews its lease.
        trials: how many trials of the study may count or run, those of other managers included.
        known: numbers of the trials that this run has already.

    Returns:
        The trial, whose parameters are still to be sampled; None if there are enough.
    """

    def enough() -> bool:
        return trials <= sum(
            counts(trial) or trial.state is TrialState.RUNNING for trial in study.get_trials(deepcopy=False)
        )

    def mine() -> list[int]:
        """Return trials whose claim succeeded although the server's answer was lost, or whose proposal failed."""
        running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
        return [
            trial._trial_id
            for trial in running
            if trial.user_attrs.get(OWNER) == record.owner and trial.number not in known
        ]

    def claim() -> int | None:
        record.renew()
        found = next(iter(mine()), None)
        if found is not None or enough():
            return found
        trial_id = study._pop_waiting_trial_id()
        if trial_id is None:
            trial_id = study._storage.create_new_trial(study._study_id)
        study._storage.set_trial_user_attr(trial_id, OWNER, record.owner)
        return trial_id

    if enough() and not mine():  # looking costs less than claiming
        return None
    trial_id = transact(study._storage, study.study_name, claim)
    if trial_id is None:
        return None
    # What `Study.ask` does, but sampling takes its time and no other manager should wait for it.
    study._thread_local.cached_all_trials = None
    return optuna.Trial(study, trial_id)


def propose_trial(
    study: optuna.Study, trial: optuna.Trial, space: SearchSpace, config: StudyConfig, runs_dir: Path | None
) -> RunningTrial | None:
    """Let the search space make an agent of a claimed trial, and make what a worker needs to know of it.

    Args:
        study: the study.
        trial: the trial.
        space: the search space.
        config: the study file.
        runs_dir: the trial's folder is `<runs_dir>/<study>/trial-NNNN`; None for none.

    Returns:
        The trial; None if the search space gave it up by raising `optuna.TrialPruned` because the combination is not
        worth training. It is then recorded as pruned by the rule `search_space`.

    Raises:
        UserError: if the search space fails. The trial is failed, and does not count.
    """

    def end(outcome: Outcome, state: TrialState) -> None:
        def write() -> None:
            if not study._storage.get_trial(trial._trial_id).state.is_finished():
                write_outcome(study, trial._trial_id, outcome, [])
                study.tell(trial, state=state)

        transact(study._storage, study.study_name, write)

    try:
        agent = space.configure(trial, config.task)
    except optuna.TrialPruned:
        outcome = Outcome(kind=OutcomeKind.PRUNED, message="The search space gave it up.", rule="search_space")
        end(outcome, TrialState.PRUNED)
        return None
    except UserError as error:
        message = f"{error}\nParameters so far: {trial.params or 'none'}."
        details = {**users_details(error), "user_error": True}
        outcome = Outcome(kind=OutcomeKind.CRASHED, message=message, details=details)
        end(outcome, TrialState.FAIL)
        raise UserError(message) from error
    spec = trial_spec(
        config,
        study=config.study,
        number=trial.number,
        attempt=trial.user_attrs.get(ATTEMPT, 0),
        seed=trial_seed(config.sampler.seed, trial.number),
        agent=agent,
        runs_dir=runs_dir,
    )
    trial.set_user_attr(SPEC, spec.model_dump(mode="json"))
    return RunningTrial(trial=trial, spec=spec, label=trial.user_attrs.get(WARM_START, ""))


def trial_spec(
    config: StudyConfig, *, study: str, number: int, attempt: int, seed: int, agent: AgentConfig, runs_dir: Path | None
) -> TrialSpec:
    """Return what a worker needs to know of a trial.

    Args:
        config: the study file, which gives the task, the objective, the budget and the threads.
        study: the name of the Optuna study that the trial is written to.
        number: the trial's number in it.
        attempt: 0 for the first.
        seed: seeds the simulation and the agent.
        agent: what to train.
        runs_dir: the trial's folder is `<runs_dir>/<study>/trial-NNNN`; None for none.
    """
    return TrialSpec(
        study=study,
        number=number,
        attempt=attempt,
        seed=seed,
        task=config.task,
        agent=agent,
        objective=config.objective,
        budget_seconds=config.budget.seconds,
        ticks=config.budget.ticks,
        threads=config.workers.threads,
        calibrate=config.workers.calibrate,
        directory=None if runs_dir is None else str(runs_dir / study / f"trial-{number:04d}"),
    )


def trial_seed(seed: int, number: int) -> int:
    """Return the seed of a trial: always the same for a study's seed and the trial's number, and unlike any other's."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def write_outcome(study: optuna.Study, trial_id: int, outcome: Outcome, ticks: list[Tick]) -> None:
    """Write a trial's curve and outcome to the storage, the outcome last: once it is there, everything is."""
    storage = study._storage
    if ticks:
        storage.set_trial_user_attr(trial_id, TICKS, columns(ticks))
    storage.set_trial_user_attr(trial_id, OUTCOME, outcome.kind.value)
    storage.set_trial_user_attr(trial_id, RECORD, outcome.to_json())


def columns(ticks: list[Tick]) -> dict[str, list[Any]]:
    """Return ticks as one list for each of their fields, a third of the size of one object for each tick."""
    return {column.name: [getattr(tick, column.name) for tick in ticks] for column in fields(Tick)}


@dataclass(frozen=True)
class Verdict:
    """What happens to a trial that ended."""

    state: TrialState
    score: float | None = None
    """Told to Optuna with a complete trial."""
    final: bool = True
    """Counts toward `budget.trials`."""
    next_attempt: int | None = None
    """Queue the same parameters again, as this attempt; None for not at all."""


def judge(outcome: Outcome, config: StudyConfig, *, attempt: int) -> Verdict:
    """Decide what an outcome means for Optuna.

    Reached and exhausted trials are complete, pruned ones pruned. A crashed or hung trial is retried, then FAIL, which
    samplers ignore, because a bug says nothing about the parameters; so is a trial whose task gave NaN or infinity.
    One whose agent did is retried as well, since another seed may work. A configuration whose agent diverges on every
    seed does not, so its last attempt is complete with the worst possible score, and samplers learn to avoid it; it
    keeps its outcome `diverged` and is never the best. One that is too large for the memory gets that score at once: it
    would be too large every time. An interrupted trial is queued again and loses no attempt.

    Args:
        outcome: how the trial ended.
        config: the study file.
        attempt: the trial's attempt, 0 for the first.
    """
    kind = outcome.kind
    if kind in (OutcomeKind.REACHED, OutcomeKind.EXHAUSTED):
        value = score(
            config.objective,
            budget_seconds=config.budget.seconds,
            best_return=outcome.best_return,
            reached_seconds=outcome.reached_seconds if kind is OutcomeKind.REACHED else None,
        )
        return Verdict(TrialState.COMPLETE, score=value)
    if kind is OutcomeKind.PRUNED:
        return Verdict(TrialState.PRUNED)
    if kind is OutcomeKind.INTERRUPTED:
        return Verdict(TrialState.FAIL, final=False, next_attempt=attempt)
    if kind is OutcomeKind.TOO_LARGE:
        return Verdict(TrialState.COMPLETE, score=worst_score(config.objective, budget_seconds=config.budget.seconds))
    if outcome.details.get("user_error"):
        return Verdict(TrialState.FAIL, final=False)  # the study stops, and the configuration may be all right
    if attempt < config.workers.retries:
        return Verdict(TrialState.FAIL, final=False, next_attempt=attempt + 1)
    if kind is OutcomeKind.DIVERGED and not outcome.details.get(TASK_BROKE):
        return Verdict(TrialState.COMPLETE, score=worst_score(config.objective, budget_seconds=config.budget.seconds))
    return Verdict(TrialState.FAIL)


def conclude_trial(
    study: optuna.Study, frozen: FrozenTrial, outcome: Outcome, config: StudyConfig, *, requeue: bool = True
) -> Verdict:
    """Tell Optuna how a trial ended, and queue it again if it should be.

    The outcome must have been written with `write_outcome`. Every step can be repeated, so that
    another manager can start over after one that was killed in between. Nothing is done with a trial that has ended.

    Args:
        study: the study.
        frozen: the running trial.
        outcome: how it ended.
        config: the study file.
        requeue: False for a caller that finds out by itself what is missing.
    """
    verdict = judge(outcome, config, attempt=frozen.user_attrs.get(ATTEMPT, 0))
    if frozen.state.is_finished():
        return verdict
    if verdict.score is not None:
        storage = study._storage
        censored = config.objective.kind == "time_to_return" and outcome.kind is not OutcomeKind.REACHED
        storage.set_trial_user_attr(frozen._trial_id, CENSORED, censored)
        if outcome.kind not in UNSCORED:
            _carry_forward(study, frozen, verdict.score, config.budget.ticks)
        study.tell(frozen.number, verdict.score, state=verdict.state)
        return verdict
    if verdict.next_attempt is not None and requeue:
        queue_again(study, frozen, attempt=verdict.next_attempt)
    if verdict.state is TrialState.FAIL and verdict.final:
        study._storage.set_trial_user_attr(frozen._trial_id, FINAL, True)
    study.tell(frozen.number, state=verdict.state)
    return verdict


def queue_again(study: optuna.Study, frozen: FrozenTrial, *, attempt: int) -> None:
    """Enqueue a trial's parameters again, unless that has been done.

    The new trial keeps only the parameters, the warm start's name, and that pinned values do not replace its own.
    Optuna's own retry would also copy what a dead trial stored at its rungs.
    """
    if any(other.user_attrs.get(RETRY_OF) == frozen.number for other in study.get_trials(deepcopy=False)):
        return
    attributes = {RETRY_OF: frozen.number, ATTEMPT: attempt}
    attributes |= {name: frozen.user_attrs[name] for name in (WARM_START, UNPINNED) if name in frozen.user_attrs}
    parameters = {**frozen.system_attrs.get(QUEUED, {}), **frozen.params}
    study.enqueue_trial(parameters, user_attrs=attributes)


def _carry_forward(study: optuna.Study, frozen: FrozenTrial, value: float, ticks: int) -> None:
    """Report the final score at the ticks after a trial's end, so that pruners compare others with it there."""
    storage = study._storage
    last = frozen.last_step or 0
    asked_at_rungs = keeps_rungs(study.pruner)
    for tick in range(last + 1, ticks + 1):
        storage.set_trial_intermediate_value(frozen._trial_id, tick, value)
        if asked_at_rungs:
            study.pruner.prune(study, storage.get_trial(frozen._trial_id))
