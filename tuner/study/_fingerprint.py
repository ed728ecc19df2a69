"""What must stay the same for a study's scores to be comparable."""

import json
from typing import Any

import optuna

from tuner.config import StudyConfig
from tuner.errors import UserError
from tuner.study.attributes import FINGERPRINT


def fingerprint(config: StudyConfig, *, space_source: str) -> dict[str, Any]:
    """Return what makes the scores of a study comparable, by dotted path in the study file.

    Samplers, pruners, pinned parameters, the number of trials and the workers may change between runs; a study goes on
    with others. Task, search space, objective and the budget of a trial may not.

    Args:
        config: the study file.
        space_source: hash of the search space's source.
    """
    facts = {
        "task.id": config.task.id,
        "task.simulator": config.task.simulator,
        "task.num_envs": config.task.num_envs,
        "task.options": config.task.options,
        "search_space": config.search_space,
        "search_space source": space_source,
        "objective.kind": config.objective.kind,
        "objective.target": config.objective.target,
        "budget.seconds": config.budget.seconds,
        "budget.ticks": config.budget.ticks,
    }
    return dict(json.loads(json.dumps(facts)))  # as it comes back from the storage: tuples are lists


def check_fingerprint(study: optuna.Study, now: dict[str, Any]) -> None:
    """Write the fingerprint to a new study, or compare it with an old one's.

    Raises:
        UserError: if the study was made with something else, or by another program.
    """
    before = study.user_attrs.get(FINGERPRINT)
    if before is None:
        if study.get_trials(deepcopy=False):
            raise UserError(
                f"The storage has a study '{study.study_name}' that another program made. Give yours another name: "
                "change 'study' in the study file."
            )
        study.set_user_attr(FINGERPRINT, now)
        return
    differing = [path for path in sorted({*before, *now}) if before.get(path) != now.get(path)]
    if not differing:
        return
    lines = "\n".join(f"  {path}: {_short(before.get(path))} before, {_short(now.get(path))} now" for path in differing)
    raise UserError(
        f"The storage already has a study '{study.study_name}' whose scores cannot be compared with this one's:\n"
        f"{lines}\nGive the study another name (change 'study' in the study file), or put the old values back."
    )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
