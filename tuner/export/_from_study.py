"""The configuration that is exported from a study: the confirmed winner, the best trial, or a trial by its number."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial
from pydantic import ValidationError

from tuner.analysis import failures_of, unmeasured_text
from tuner.config import AgentConfig, TrialSpec
from tuner.confirm import Candidate, Confirmation, confirmation_data
from tuner.errors import UserError
from tuner.export._configuration import ExportedConfiguration, Machine, Provenance
from tuner.machine import describe_machine
from tuner.records import OutcomeKind
from tuner.storage import attributes, outcome_kind_of, outcome_of, summarize, trial_of


@dataclass(frozen=True)
class Found:
    """A configuration, and warnings about it."""

    configuration: ExportedConfiguration
    folder: Path | None
    """Where its trained policy lies, on the machine that trained it: of a winner, its fastest run on a fresh seed.
    None if nothing was kept."""
    warnings: tuple[str, ...] = ()


def configuration_of(study: optuna.Study, number: int | None = None) -> Found:
    """Return a study's configuration with its provenance.

    Args:
        study: a study that has been run.
        number: a trial; None for the confirmed winner or, if there is none, the best trial with a warning.

    Raises:
        UserError: if the study has no finished trial, there is no such trial, it has no agent with an action box, or
            the task has changed since the winner was confirmed.
    """
    name = study.study_name
    if number is not None:
        return _of_trial(study, trial_of(study, number))
    confirmation = confirmation_data(study)
    if confirmation is not None and confirmation.winner is not None:
        if confirmation.outdated is not None:
            raise UserError(
                f"The study '{name}' has changed since its winner was confirmed:\n{confirmation.outdated}\n"
                f"Confirm it again with: tuner confirm {name}; or name a trial with --trial."
            )
        return _of_winner(study, confirmation, confirmation.winner)
    best = summarize(study, trials=0).best
    if best is None:
        raise UserError(_nothing(study))
    found = _of_trial(study, trial_of(study, best.number))
    return replace(found, warnings=(*found.warnings, _unconfirmed(name, best.number, confirmation)))


def _nothing(study: optuna.Study) -> str:
    """Say why there is nothing to export from a study: no trial has finished, or none has a return."""
    failures = failures_of(study)
    name = study.study_name
    if not failures:
        return f"The study '{name}' has no finished trial to export yet. Go on with it: tuner run {name}"
    last = failures[-1]
    return (
        f"No trial of the study '{name}' has a return, so there is nothing to export. The last that ended "
        f"without one, trial {last.numbers[-1]}: {last.message}"
    )


def _unconfirmed(name: str, number: int, confirmation: Confirmation | None) -> str:
    lucky = f"Trial {number} was the best of its study once, and the best of many is partly lucky."
    if confirmation is None:
        return f"{lucky} Confirm it on fresh seeds with: tuner confirm {name}"
    if confirmation.finished:
        return f"{lucky} Confirmed on fresh seeds, no candidate reached the target."
    return f"{lucky} The confirmation on fresh seeds is not finished; go on with it: tuner confirm {name}"


def _of_trial(study: optuna.Study, trial: FrozenTrial) -> Found:
    """Return the configuration of a trial; it counts as confirmed if it is the winner and nothing has changed."""
    confirmation = confirmation_data(study)
    winner = None if confirmation is None or confirmation.outdated is not None else confirmation.winner
    if confirmation is not None and winner is not None and winner.number == trial.number:
        return _of_winner(study, confirmation, winner)
    spec, outcome = _spec(study, trial), outcome_of(trial)
    unmeasured = None if outcome is None else unmeasured_text(outcome)
    if unmeasured is not None:
        raise UserError(f"Trial {trial.number} of the study '{study.study_name}' cannot be exported: {unmeasured}")
    agent = _agent(trial, (outcome.agent if outcome else None) or spec.agent.to_json())
    own = {
        "confirmed": False,
        "seeds": (spec.seed,),
        "times_seconds": (outcome.reached_seconds if outcome else None,),
    }
    kind = outcome_kind_of(trial)
    complete = kind in (OutcomeKind.REACHED, OutcomeKind.EXHAUSTED)
    warning = f"Trial {trial.number} did not run to its end: it was {kind or 'not finished'}."
    exported = _exported(study, trial, spec, agent, own)
    missed = exported.missed_target
    warnings = (*([] if missed is None else [missed]), *([] if complete else [warning]))
    return Found(exported, _folder(spec.directory), warnings)


def _of_winner(study: optuna.Study, confirmation: Confirmation, winner: Candidate) -> Found:
    if winner.number is None:
        raise ValueError("the reference is never the winner")
    trial = trial_of(study, winner.number)
    mean = winner.mean_seconds
    interval = None if mean.low is None or mean.high is None else (mean.low, mean.high)
    confirmed = {
        "confirmed": True,
        "seeds": tuple(run.seed for run in winner.runs),
        "times_seconds": tuple(run.reached_seconds for run in winner.runs),
        "mean_seconds": mean.value,
        "mean_seconds_interval": interval,
    }
    fastest = min(winner.runs, key=lambda run: math.inf if run.reached_seconds is None else run.reached_seconds)
    exported = _exported(study, trial, _spec(study, trial), _agent(trial, winner.agent), confirmed)
    return Found(exported, _folder(fastest.directory))


def _folder(directory: str | None) -> Path | None:
    return None if directory is None else Path(directory)


def _exported(
    study: optuna.Study, trial: FrozenTrial, spec: TrialSpec, agent: AgentConfig, times: dict[str, Any]
) -> ExportedConfiguration:
    outcome = outcome_of(trial)
    details = outcome.details if outcome else {}
    return ExportedConfiguration(
        task=spec.task,
        objective=spec.objective,
        budget_seconds=spec.budget_seconds,
        threads=spec.threads,
        agent=agent,
        provenance=Provenance(
            study=study.study_name,
            trial=trial.number,
            best_return=outcome.best_return if outcome else None,
            env_steps=outcome.env_steps if outcome else None,
            parameters=trial.params,
            machine=_machine(details),
            versions=details.get("versions", {}),
            simulator=details.get("simulator", {}),
            joints=details.get("joints", ()),
            flattened=details.get("flattened", {}),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            **times,
        ),
    )


def _spec(study: optuna.Study, trial: FrozenTrial) -> TrialSpec:
    """Return the specification that the worker got."""
    try:
        return TrialSpec.from_stored(trial.user_attrs[attributes.SPEC], complete=("agent",))
    except (KeyError, ValidationError):
        raise UserError(
            f"Trial {trial.number} of the study '{study.study_name}' has no agent: it was never trained, or another "
            "version or program wrote it. Name another with --trial."
        ) from None


def _agent(trial: FrozenTrial, stored: dict[str, Any]) -> AgentConfig:
    try:
        agent = AgentConfig.model_validate(stored)
    except ValidationError:
        raise UserError(f"The agent of trial {trial.number} was written by another version of tuner.") from None
    if agent.action_box is None:
        raise UserError(
            f"Trial {trial.number} never came to training, so its action box is not known in numbers. Name another "
            "with --trial."
        )
    return agent


def _machine(details: dict[str, Any]) -> Machine:
    backend = details.get("jax_backend")
    accelerator = None if backend in (None, "cpu") else str(backend)
    trained_on: dict[str, Any] | None = details.get("machine")
    try:
        return Machine.from_stored({**(trained_on or {}), "accelerator": accelerator})
    except ValidationError:  # it was not recorded, or another version recorded it differently
        return Machine.model_validate({**describe_machine(), "recorded": "export", "accelerator": accelerator})
