"""Names of the attributes that the manager writes to the storage. Everything that is shown can be rebuilt from them."""

from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState
from pydantic import ValidationError

from tuner.config import BudgetConfig, ObjectiveConfig, StudyConfig
from tuner.errors import UserError
from tuner.passwords import mask_passwords
from tuner.records import Outcome, OutcomeKind, Tick, known_fields

UNSCORED = frozenset({OutcomeKind.DIVERGED, OutcomeKind.TOO_LARGE})
"""Outcomes that get the worst score, so that samplers avoid such parameters. These trials are never the best."""

SCHEMA_NUMBER = 1
"""Raised by a version that stores studies in a way that older versions would misread. A new field is no reason: older
versions ignore what they do not know."""

# Of a study.
SCHEMA = "schema"
"""The `SCHEMA_NUMBER` of the version that ran it last; version 0.1 did not write it at first."""
FINGERPRINT = "fingerprint"
"""What scores depend on: task, space, objective, budget."""
CONFIG = "config"
"""The study file of the latest run, as JSON; the password of its storage is masked."""
RUNS = "runs"
"""One entry for each `tuner run`: id, owner, version, begin, when it was last seen, length, slots, end."""
BUDGET_WARNING = "budget_warning"
"""Why the budget may be too short, as the latest run said; None or missing if it did not."""

# Of a trial.
QUEUED = "fixed_params"
"""Optuna's own: the parameters of a trial that was enqueued, a warm start for example; a system attribute."""
SPEC = "spec"
"""The `TrialSpec` as JSON, written when the trial is handed to a worker."""
CALIBRATION = "calibration"
"""The `Calibration` of the worker's device as JSON, written before the first tick."""
ATTEMPT = "attempt"
"""0 for the first try of a configuration, 1 for the first retry after a fault."""
RETRY_OF = "retry_of"
"""Number of the trial that this one repeats, after a fault or an interruption."""
OWNER = "owner"
"""Who runs, or ran, the trial: an `Owner` as JSON, and the `id` of its run as `run`."""
TAKEN_OVER_BY = "taken_over_by"
"""The `Owner` that ended the trial as interrupted, because the one that ran it was dead, or seemed to be."""
WARM_START = "warm_start"
"""Name of the configuration the trial was enqueued with."""
UNPINNED = "unpinned"
"""True for a trial that keeps its own values where the study file pins others."""
TICKS = "ticks"
"""The trial's curve: a list of numbers for every field of `Tick`."""
RECORD = "record"
"""The `Outcome` as JSON, written before Optuna gets the result, so that the next run can report it after a kill."""
OUTCOME = "outcome"
"""The outcome's kind, for people who read the storage or the dashboard."""
CENSORED = "censored"
"""True for a complete trial that did not reach the target: its time to return is only known to exceed the budget."""
FINAL = "final"
"""True for a failed trial that is not repeated and counts toward `budget.trials`."""
VERDICT = "pruner_verdict"
"""{"rule", "tick", "clock_seconds"} of the rule of the time-to-return pruner that stopped the trial."""
SHADOW = "shadow"
"""The same for a rule that would have stopped a trial that was allowed to continue."""


def write_config(study: optuna.Study, config: StudyConfig) -> None:
    """Write a study file, without the password of its storage, and this version's schema number to the study."""
    study.set_user_attr(SCHEMA, SCHEMA_NUMBER)
    study.set_user_attr(CONFIG, without_password(config).model_dump(mode="json"))


def newer_schema(study: optuna.Study) -> str | None:
    """Return what to do about a study that a newer version wrote; None for a study that can be read."""
    number = study.user_attrs.get(SCHEMA, SCHEMA_NUMBER)
    if isinstance(number, int) and number <= SCHEMA_NUMBER:
        return None
    return (
        f"The study '{study.study_name}' was written by a newer version of this program: its schema is {number}, and "
        f"this version reads {SCHEMA_NUMBER}. Update this one (pip install --upgrade sac-tuner), or name another study."
    )


def check_schema_number(study: optuna.Study) -> None:
    """Refuse a study that a newer version wrote.

    Raises:
        UserError: if so; the message says what to do.
    """
    newer = newer_schema(study)
    if newer is not None:
        raise UserError(newer)


def config_of(study: optuna.Study) -> StudyConfig | None:
    """Return the study file of a study's latest run; None if another program made the study.

    Its storage has no password. To open the study again, use the URL that opened it.
    """
    try:
        return without_password(StudyConfig.from_stored(study.user_attrs[CONFIG]))
    except (KeyError, ValidationError):
        return None


def own_config_of(study: optuna.Study) -> StudyConfig:
    """Return the study file of a study's latest run, as `config_of`.

    Raises:
        UserError: if there is none; the message tells a study that is only just being created from another program's.
    """
    config = config_of(study)
    if config is not None:
        return config
    if study.get_trials(deepcopy=False):
        raise UserError(
            f"The study '{study.study_name}' was not made by this program, so there is no study file in it. Name a "
            "study that `tuner run` has run."
        )
    raise UserError(
        f"The study '{study.study_name}' has no trials and no study file: the run that creates it has only just begun, "
        "or another program made it. Try again in a moment."
    )


def objective_and_budget(study: optuna.Study) -> tuple[ObjectiveConfig, BudgetConfig]:
    """Return objective and budget of a study's latest run.

    Raises:
        UserError: if there is no study file in the study.
    """
    config = own_config_of(study)
    return config.objective, config.budget


def outcome_of(trial: FrozenTrial) -> Outcome | None:
    """Return how a trial ended; None if it has not ended, or if another program wrote it.

    A kind that this version does not know is replaced by the one that fits the state of the trial.
    """
    record = trial.user_attrs.get(RECORD)
    if not isinstance(record, dict):
        return None
    kind = _known_kind(record) or _kind_by_state(trial, reached=record.get("reached_seconds") is not None)
    return None if kind is None else Outcome.from_json({**record, "kind": kind})


def ticks_of(trial: FrozenTrial) -> list[Tick] | None:
    """Return the ticks of a trial that has ended; None if it has none that can be read."""
    columns = known_fields(Tick, trial.user_attrs.get(TICKS) or {})
    if "index" not in columns or "clock_seconds" not in columns:
        return None
    return [Tick(**dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=False)]


def counts(trial: FrozenTrial) -> bool:
    """Return whether a trial counts toward `budget.trials`: complete, pruned, or failed without another attempt."""
    return trial.state.is_finished() and (trial.state.name != "FAIL" or bool(trial.user_attrs.get(FINAL)))


def outcome_kind_of(trial: FrozenTrial) -> str | None:
    """Return the kind of a trial's outcome; for a trial of another program, the kind that fits its state."""
    outcome = outcome_of(trial)
    kind = _kind_by_state(trial) if outcome is None else outcome.kind
    return None if kind is None else kind.value


def _known_kind(record: dict[str, Any]) -> OutcomeKind | None:
    try:
        return OutcomeKind(str(record.get("kind")))
    except ValueError:
        return None


def _kind_by_state(trial: FrozenTrial, *, reached: bool = False) -> OutcomeKind | None:
    if trial.state is TrialState.COMPLETE:
        return OutcomeKind.REACHED if reached else OutcomeKind.EXHAUSTED
    return {TrialState.PRUNED: OutcomeKind.PRUNED, TrialState.FAIL: OutcomeKind.CRASHED}.get(trial.state)


def without_password(config: StudyConfig) -> StudyConfig:
    """Return the configuration with the password of its storage masked, as it may be written to files."""
    return config.model_copy(update={"storage": mask_passwords(config.storage)})
