"""What must stay the same for a study's scores to be comparable."""

import json
from collections.abc import Mapping
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from tuner.config import StudyConfig
from tuner.errors import UserError
from tuner.simulators import task_revision
from tuner.simulators.server import simulator_version
from tuner.storage.attributes import FINGERPRINT, counts, outcome_of

SECONDS_DEPEND_ON = ("task.", "objective.", "budget.")
"""Sections of a fingerprint that two studies must share for their times to return to be comparable. Where a
configuration came from may differ."""
_SPACE = "search_space"
_BOUNDS = "action_bounds"
_REVISION = "task.revision"
_VERSION = "task.simulator version"
_SOURCE = "search_space source"


def fingerprint(config: StudyConfig, *, space_source: str) -> dict[str, Any]:
    """Return what makes the scores of a study comparable, by dotted path in the study file.

    Samplers, pruners, pinned parameters, milestones, the number of trials and the workers may change between runs of a
    study. Task, action bounds, search space, the rest of the objective and the budget of a trial may not.

    Args:
        config: the study file.
        space_source: hash of the search space's source.
    """
    facts = {
        "task.id": config.task.id,
        "task.simulator": config.task.simulator,
        "task.num_envs": config.task.num_envs,
        "task.options": config.task.options,
        _REVISION: task_revision(config.task),
        _BOUNDS: None if config.action_bounds is None else config.action_bounds.model_dump(exclude={"origin"}),
        _SPACE: config.search_space,
        _SOURCE: space_source,
        "objective.kind": config.objective.kind,
        "objective.target": config.objective.target,
        "budget.seconds": config.budget.seconds,
        "budget.ticks": config.budget.ticks,
    }
    version = simulator_version(config.task)
    if version is not None:
        facts[_VERSION] = version
    return dict(json.loads(json.dumps(facts)))  # as the storage returns it: tuples become lists


def check_fingerprint(study: optuna.Study, now: dict[str, Any]) -> str | None:
    """Write the fingerprint to a new study, or compare it with the one that an existing study has.

    Returns:
        The differences, one line per setting, if the study has learned nothing yet that could be compared: the caller
        should then start a new one. None if nothing differs.

    Raises:
        UserError: if the study was run with other settings, or if another program made it.
    """
    before = study.user_attrs.get(FINGERPRINT)
    trials = study.get_trials(deepcopy=False)
    if before is None:
        if trials:
            raise UserError(
                f"The storage has a study '{study.study_name}' that another program made. Give yours another name: "
                "change 'study' in the study file."
            )
        study.set_user_attr(FINGERPRINT, now)
        return None
    differing = differences(before, now)
    if not differing:
        return None
    lines = "\n".join(f"  {line}" for line in differing)
    if not any(_has_learned(trial) for trial in trials):
        return lines
    raise UserError(
        f"The storage already has a study '{study.study_name}' whose scores cannot be compared with this one's:\n"
        f"{lines}\nGive the study another name (change 'study' in the study file), or put the old values back."
    )


def differences(before: Mapping[str, Any], now: Mapping[str, Any], *, sections: tuple[str, ...] = ("",)) -> list[str]:
    """Return how two fingerprints differ, one line per setting.

    Args:
        before: the earlier one.
        now: the current one.
        sections: compare only paths that begin with one of these.
    """
    paths = [path for path in sorted({*before, *now}) if path.startswith(sections)]
    differing = [path for path in paths if before.get(path) != now.get(path)]
    if _SPACE in differing and _SOURCE in differing:
        differing.remove(_SOURCE)  # another search space has another source
    if _REVISION in differing and (before.get(_REVISION) is None or "task.id" in differing):
        differing.remove(_REVISION)  # earlier versions did not record it; another task has another revision
    if _VERSION in differing and None in (before.get(_VERSION), now.get(_VERSION)):
        differing.remove(_VERSION)  # it cannot be asked for on a machine without the simulator
    return [_change(path, before.get(path), now.get(path)) for path in differing]


def _has_learned(trial: FrozenTrial) -> bool:
    """Return whether a trial counts and was trained. One that failed to start says nothing about its parameters."""
    if not counts(trial):
        return False
    outcome = outcome_of(trial)
    trained = outcome is None or outcome.clock_seconds > 0 or bool(trial.intermediate_values)
    return trained or trial.state is TrialState.COMPLETE


def _change(path: str, before: Any, now: Any) -> str:
    if path == _SOURCE:
        return "the search space's source has changed"
    if path == _REVISION:
        return f"the task itself has changed: revision {_short(before)} before, {_short(now)} now"
    if path == _BOUNDS and before is not None and now is not None:
        return "the bounds file has changed"
    return f"{path}: {_short(before)} before, {_short(now)} now"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
