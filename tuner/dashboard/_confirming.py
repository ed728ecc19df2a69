"""The Optuna studies that hold confirm runs: which study they belong to."""

import optuna

from tuner.study import confirm_name


def confirmed_study(study: optuna.Study) -> str | None:
    """Return the name of the study whose configurations a study's trials retrain; None for a study of its own."""
    name, _, _ = study.study_name.rpartition("/")
    return name if name and confirm_name(name) == study.study_name else None
