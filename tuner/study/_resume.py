"""Open a new or existing study, and clear up what an earlier run left behind."""

from collections.abc import Callable
from dataclasses import replace

import optuna
from optuna.pruners import BasePruner
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.config import StudyConfig
from tuner.errors import UserError
from tuner.records import Outcome, OutcomeKind
from tuner.spaces import SearchSpace
from tuner.storage import check_fingerprint, check_not_running, check_schema_number, fingerprint, write_config
from tuner.storage.attributes import outcome_of
from tuner.study._optuna_options import without_experimental_warnings
from tuner.study._queue import QueueCheck, check_names, make_start, queue_starts, with_own_names
from tuner.study._running_trial import conclude_trial, write_outcome
from tuner.study.pruners import create_pruner
from tuner.study.samplers import create_sampler, rehearse

_METRIC = {"time_to_return": "score in seconds", "return_at_budget": "minus the return"}


def open_study(
    config: StudyConfig, space: SearchSpace, storage: BaseStorage, *, say: Callable[[str], None] = lambda _: None
) -> optuna.Study:
    """Create the study or load it, with the sampler and the pruner of the study file, and store the study file.

    A stored study with another task, objective and so on is replaced if none of its trials was trained to its end: what
    kept them from training may be the mistake that the user has fixed since.

    Args:
        config: the study file.
        space: the search space.
        storage: where the study is, or will be.
        say: is called with what the user should know, in one sentence.

    Raises:
        UserError: for a mistake in the sections `sampler`, `pruner`, `fixed`, `warm_start` or `confirm`, a study of
            that name that cannot be compared with this one, or one that another manager runs. Nothing is changed
            in that case.
    """
    as_given, config = config, with_own_names(config, space)
    starts = [make_start(config, space, start) for start in config.warm_start]
    distributions = check_names(config, space, starts)
    _check_confirm(config, space)
    pruner = create_pruner(config.pruner, objective=config.objective, budget=config.budget, seed=config.sampler.seed)
    # A mistake in its options must show before a study is created, and not only after the warm starts.
    rehearse(create_sampler(config.sampler, fixed=config.fixed), config.sampler, distributions)
    study = _create_or_load(config, space, storage, pruner, say)
    trials_so_far = len(study.get_trials(deepcopy=False))
    study.sampler = create_sampler(config.sampler, trials_so_far=trials_so_far, fixed=config.fixed)
    with without_experimental_warnings():
        study.set_metric_names([_METRIC[config.objective.kind]])
    write_config(study, as_given)
    conclude_stale_trials(study, config)
    refused = QueueCheck(study, space, config, say).refuse()
    if refused:
        raise UserError("\n".join([*refused, "Such trials are not trained; the same command goes on without them."]))
    queue_starts(study, starts, space, say)
    return study


def _create_or_load(
    config: StudyConfig, space: SearchSpace, storage: BaseStorage, pruner: BasePruner, say: Callable[[str], None]
) -> optuna.Study:
    name = config.study
    study = optuna.create_study(
        storage=storage, study_name=name, direction=StudyDirection.MINIMIZE, pruner=pruner, load_if_exists=True
    )
    if study.directions != [StudyDirection.MINIMIZE]:
        raise UserError(f"The storage's study '{name}' is not one of this program. Give yours another name.")
    check_schema_number(study)
    check_not_running(study)
    facts = fingerprint(config, space_source=space.source_hash)
    differences = check_fingerprint(study, facts)
    if differences is None:
        return study
    optuna.delete_study(study_name=name, storage=storage)
    study = optuna.create_study(storage=storage, study_name=name, direction=StudyDirection.MINIMIZE, pruner=pruner)
    check_fingerprint(study, facts)
    say(f"The study '{name}' starts again from nothing: none of its trials was trained to its end:\n{differences}")
    return study


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
        raise reference_given_up(reference, space)


def reference_given_up(name: str, space: SearchSpace) -> UserError:
    """Return the error for a reference of a confirmation that the search space does not build."""
    return UserError(
        f"The reference '{name}' cannot be built: the search space '{space.name}' gives it up by raising "
        "optuna.TrialPruned. Name another warm start as confirm.reference, or leave it out."
    )


def conclude_stale_trials(study: optuna.Study, config: StudyConfig, *, requeue: bool = True) -> list[int]:
    """End the trials that a killed manager left running; return their numbers.

    If a trial's outcome was written already, Optuna is told it. The others are recorded as interrupted and, unless
    `requeue` is False, queued again, once.
    """
    stale = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    for frozen in stale:
        outcome = outcome_of(frozen)
        if outcome is None:
            outcome = _lost(frozen, config)
            write_outcome(study, frozen._trial_id, outcome, [])
        conclude_trial(study, frozen, outcome, config, requeue=requeue)
    return [frozen.number for frozen in stale]


def _lost(frozen: FrozenTrial, config: StudyConfig) -> Outcome:
    clock_seconds = (frozen.last_step or 0) * config.budget.seconds / config.budget.ticks
    message = "The program was killed while this trial ran."
    return replace(Outcome(kind=OutcomeKind.INTERRUPTED, message=message), clock_seconds=clock_seconds)
