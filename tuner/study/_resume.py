"""Open a new or existing study, and clear up what an earlier run left behind."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import optuna
from optuna.pruners import BasePruner
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.clock import Clock
from tuner.config import StudyConfig
from tuner.errors import UserError
from tuner.records import Outcome, OutcomeKind
from tuner.spaces import SearchSpace
from tuner.storage import (
    Owner,
    RunRecord,
    check_fingerprint,
    check_not_confirmed,
    check_not_running,
    check_schema_number,
    claiming,
    config_of,
    differences,
    fingerprint,
    living_runs,
    own_version,
    runs_of,
    shared,
    transact,
    write_config,
)
from tuner.storage.attributes import OWNER, TAKEN_OVER_BY, outcome_of
from tuner.study._optuna_options import without_experimental_warnings
from tuner.study._queue import QueueCheck, check_names, make_start, queue_starts, with_own_names
from tuner.study._running_trial import conclude_trial, write_outcome
from tuner.study.pruners import create_pruner
from tuner.study.samplers import create_sampler, rehearse

_METRIC = {"time_to_return": "score in seconds", "return_at_budget": "minus the return"}


def open_study(
    config: StudyConfig,
    space: SearchSpace,
    storage: BaseStorage,
    *,
    slots: int = 1,
    clock: Clock,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[optuna.Study, RunRecord]:
    """Create the study or load it, with the sampler and the pruner of the study file, and join it.

    A stored study with another task, objective and so on is replaced if none of its trials was trained to its end: what
    kept them from training may be the mistake that the user has fixed since.

    Args:
        config: the study file.
        space: the search space.
        storage: where the study is, or will be.
        slots: how many trials will run side by side.
        clock: measures the run.
        say: is called with what the user should know, in one sentence.

    Returns:
        The study, and the record of this run.

    Raises:
        UserError: for a mistake in the sections `sampler`, `pruner`, `fixed`, `warm_start` or `confirm`, a study of
            that name that cannot be compared with this one, or one that another manager runs, unless the storage is on
            a server and that manager is alike. Nothing is changed in that case.
    """
    as_given, config = config, with_own_names(config, space)
    starts = [make_start(config, space, start) for start in config.warm_start]
    distributions = check_names(config, space, starts)
    _check_confirm(config, space)
    pruner = create_pruner(config.pruner, objective=config.objective, budget=config.budget, seed=config.sampler.seed)
    # A mistake in its options must show before a study is created, and not only after the warm starts.
    rehearse(create_sampler(config.sampler, fixed=config.fixed), config.sampler, distributions)
    with claiming(storage, config.study):
        study = _create_or_load(config, as_given, space, storage, pruner, say)
        conclude_stale_trials(study, config)
        record = RunRecord(study, slots=slots, threads=config.workers.threads, clock=clock)
    try:
        trials_so_far = len(study.get_trials(deepcopy=False))
        study.sampler = create_sampler(
            config.sampler, trials_so_far=trials_so_far, runs_so_far=record.number, fixed=config.fixed
        )
        refused = QueueCheck(study, space, config, say).refuse()
        if refused:
            raise UserError(
                "\n".join([*refused, "Such trials are not trained; the same command goes on without them."])
            )
        transact(storage, study.study_name, lambda: queue_starts(study, starts, space, say))
    except UserError:
        record.end("failed")
        raise
    return study, record


def _create_or_load(
    config: StudyConfig,
    as_given: StudyConfig,
    space: SearchSpace,
    storage: BaseStorage,
    pruner: BasePruner,
    say: Callable[[str], None],
) -> optuna.Study:
    name = config.study
    study = optuna.create_study(
        storage=storage, study_name=name, direction=StudyDirection.MINIMIZE, pruner=pruner, load_if_exists=True
    )
    if study.directions != [StudyDirection.MINIMIZE]:
        raise UserError(f"The storage's study '{name}' is not one of this program. Give yours another name.")
    check_schema_number(study)
    alone = not _managers_beside(study, as_given)
    facts = fingerprint(config, space_source=space.source_hash)
    changes = check_fingerprint(study, facts)
    if changes is not None and not alone:
        raise UserError(f"Other managers run the study '{name}' with other settings:\n{changes}")
    if changes is not None:
        optuna.delete_study(study_name=name, storage=storage)
        study = optuna.create_study(storage=storage, study_name=name, direction=StudyDirection.MINIMIZE, pruner=pruner)
        check_fingerprint(study, facts)
        say(f"The study '{name}' starts again from nothing: none of its trials was trained to its end:\n{changes}")
    if alone:
        with without_experimental_warnings():
            study.set_metric_names([_METRIC[config.objective.kind]])
        write_config(study, as_given)
    return study


def _managers_beside(study: optuna.Study, config: StudyConfig) -> list[dict[str, Any]]:
    """Return the runs of other managers that this one joins.

    Raises:
        UserError: if the study is being confirmed, can have one manager only, or the others are unlike this one.
    """
    if not shared(study):
        check_not_running(study)
        return []
    check_not_confirmed(study)
    living = living_runs(study)
    for run in living:
        if run["version"] != own_version():
            raise UserError(
                f"The study '{study.study_name}' is being run by version {run['version']} of sac-tuner (process "
                f"{run['owner'].get('pid')} on host {run['owner'].get('host')}); this is version {own_version()}. "
                "Install the same version on all machines."
            )
    stored = config_of(study)
    if living and stored is not None:
        unlike = differences(_in_common(stored), _in_common(config))
        if unlike:
            lines = "\n".join(f"  {line}" for line in unlike)
            raise UserError(
                f"Other managers run the study '{study.study_name}' with another study file:\n{lines}\nUse the same "
                "file on all machines; only workers, loggers and total_seconds may differ while they run."
            )
    return living


def _in_common(config: StudyConfig) -> dict[str, Any]:
    """Return what the managers of a study must agree on beside its fingerprint, by dotted path."""
    sections = config.model_dump(
        mode="json", include={"fixed", "warm_start", "objective", "sampler", "pruner", "confirm"}
    )
    sections["budget"] = config.budget.model_dump(mode="json", exclude={"total_seconds"})
    return {
        path: value
        for section, content in sections.items()
        for path, value in (
            ((f"{section}.{key}", item) for key, item in content.items())
            if isinstance(content, dict)
            else [(section, content)]
        )
    }


def _check_confirm(config: StudyConfig, space: SearchSpace) -> None:
    """Refuse what cannot be confirmed, before hours are spent on the study."""
    if config.confirm is None:
        return
    if config.objective.kind != "time_to_return":
        raise UserError(
            f"The study file has a section 'confirm', which confirms times to return, but optimises "
            f"{config.objective.kind}. Leave the section out, or set objective.kind to time_to_return."
        )
    reference = config.confirm.reference
    if reference is None:
        return
    parameters = make_start(config, space, reference).parameters
    if not space.explore(config.task, given=parameters).got_through:
        raise UserError(
            f"The reference '{reference}' cannot be built: the search space '{space.name}' gives it up by raising "
            "optuna.TrialPruned. Name another warm start as confirm.reference, or leave it out."
        )


def conclude_stale_trials(study: optuna.Study, config: StudyConfig, *, requeue: bool = True) -> list[FrozenTrial]:
    """End the trials that managers left running which are dead by now, and return them. Inside `claiming` only.

    If a trial's outcome was written already, Optuna gets it. The others are recorded as interrupted and, unless
    `requeue` is False, queued again, once.
    """
    living = {run["id"] for run in runs_of(study) if run["end"] is None}
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    stale_ids = [trial._trial_id for trial in running if trial.user_attrs.get(OWNER, {}).get("run") not in living]
    # Read again: a storage keeps what it wrote to its own trials, and somebody else may have ended them since.
    stale = [trial for trial in map(study._storage.get_trial, stale_ids) if not trial.state.is_finished()]
    for frozen in stale:
        outcome = outcome_of(frozen)
        if outcome is None:
            outcome = _lost(frozen, config)
            study._storage.set_trial_user_attr(frozen._trial_id, TAKEN_OVER_BY, Owner.current().to_json())
            write_outcome(study, frozen._trial_id, outcome, [])
        conclude_trial(study, frozen, outcome, config, requeue=requeue)
    return stale


def _lost(frozen: FrozenTrial, config: StudyConfig) -> Outcome:
    clock_seconds = (frozen.last_step or 0) * config.budget.seconds / config.budget.ticks
    message = "The program was killed while this trial ran."
    return replace(Outcome(kind=OutcomeKind.INTERRUPTED, message=message), clock_seconds=clock_seconds)
