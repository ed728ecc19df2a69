"""Names of what the manager writes to the storage; everything that is shown can be rebuilt from these."""

from typing import Any

import optuna
from optuna.trial import FrozenTrial
from pydantic import ValidationError

from tuner.config import BudgetConfig, ObjectiveConfig, StudyConfig
from tuner.errors import UserError
from tuner.passwords import mask_passwords
from tuner.records import Outcome, OutcomeKind

UNSCORED = frozenset({OutcomeKind.DIVERGED, OutcomeKind.TOO_LARGE})
"""Outcomes of trials that are told with the worst score, so that samplers stay away, and are never the best."""

# Of a study.
FINGERPRINT = "fingerprint"
"""What makes scores comparable: task, space, objective, budget."""
CONFIG = "config"
"""The study file of the latest run, as JSON; the password of its storage is masked."""
RUNS = "runs"
"""One entry for each `tuner run`: owner, begin, length, slots."""

# Of a trial.
SPEC = "spec"
"""The `TrialSpec` as JSON, written when the trial is handed to a worker."""
ATTEMPT = "attempt"
"""0 for the first try of a configuration, 1 for the first retry after a fault."""
RETRY_OF = "retry_of"
"""Number of the trial that this one repeats, after a fault or an interruption."""
WARM_START = "warm_start"
"""Name of the configuration the trial was enqueued with."""
TICKS = "ticks"
"""The trial's curve: a list of numbers for every field of `Tick`."""
RECORD = "record"
"""The `Outcome` as JSON, written before the trial is told, so that a killed manager can tell it later."""
OUTCOME = "outcome"
"""The outcome's kind, for people who read the storage or the dashboard."""
CENSORED = "censored"
"""True for a complete trial that did not reach the target: its time to return only exceeds the budget."""
FINAL = "final"
"""True for a failed trial that is not tried again and counts toward `budget.trials`."""
VERDICT = "pruner_verdict"
"""{"rule", "tick", "clock_seconds"} of the rule of the time-to-return pruner that stopped the trial."""
SHADOW = "shadow"
"""The same for a rule that would have stopped the trial, which was allowed to run on instead."""


def write_config(study: optuna.Study, config: StudyConfig) -> None:
    """Write a study file to its study, without the password of its storage: whoever can read it has that already."""
    study.set_user_attr(CONFIG, _masked(config).model_dump(mode="json"))


def config_of(study: optuna.Study) -> StudyConfig | None:
    """Return the study file of a study's latest run; None if another program, or an unlike version, made the study.

    Its storage has no password and may have moved since; the study is open already.
    """
    try:
        return _masked(StudyConfig.model_validate(study.user_attrs[CONFIG]))
    except (KeyError, ValidationError):
        return None


def objective_and_budget(study: optuna.Study) -> tuple[ObjectiveConfig, BudgetConfig]:
    """Return objective and budget of a study's latest run.

    Raises:
        UserError: if the study was not made by this program.
    """
    config = config_of(study)
    if config is None:
        raise UserError(
            f"The study '{study.study_name}' was not made by this program, so its budget and target are not known."
        )
    return config.objective, config.budget


def outcome_of(trial: FrozenTrial) -> Outcome | None:
    """Return how a trial ended, or None while it has not, or if another program wrote it."""
    record: dict[str, Any] | None = trial.user_attrs.get(RECORD)
    return None if record is None else Outcome.from_json(record)


def counts(trial: FrozenTrial) -> bool:
    """Return whether a trial counts toward `budget.trials`: complete, pruned, or failed for good."""
    return trial.state.is_finished() and (trial.state.name != "FAIL" or bool(trial.user_attrs.get(FINAL)))


def outcome_kind_of(trial: FrozenTrial) -> str | None:
    """Return the kind of a trial's outcome; for one written by another program, what its state says."""
    outcome = outcome_of(trial)
    if outcome is not None:
        return outcome.kind.value
    foreign = {"COMPLETE": OutcomeKind.EXHAUSTED, "PRUNED": OutcomeKind.PRUNED, "FAIL": OutcomeKind.CRASHED}
    kind = foreign.get(trial.state.name)
    return None if kind is None else kind.value


def _masked(config: StudyConfig) -> StudyConfig:
    return config.model_copy(update={"storage": mask_passwords(config.storage)})
