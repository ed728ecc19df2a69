"""Find a study in its storage, by study file, bundled name or the name it has there."""

from pathlib import Path

import optuna

from tuner.config import DEFAULT_STORAGE, StudyConfig, bundled_studies, is_study_path, load_study
from tuner.errors import UserError, unknown_name
from tuner.storage import (
    SECONDS_DEPEND_ON,
    attributes,
    differences,
    fingerprint,
    read_study,
    shown_url,
    study_names,
)


def open_stored(study: str, storage: str | None) -> optuna.Study:
    """Open a study that has been run.

    Args:
        study: a study file, a bundled study's name, or a study's name in the storage.
        storage: SQLAlchemy URL; None takes the study file's, or `DEFAULT_STORAGE`.

    Raises:
        UserError: if there is no such study, or no such storage.
        TunerError: if the storage fails.
    """
    name, url = find_stored(study, storage)
    return read_study(url, name)


def find_stored(study: str, storage: str | None) -> tuple[str, str]:
    """Find a study that has been run: return its name in the storage, and the storage's URL.

    Args:
        study: a study file, a bundled study's name, or a study's name in the storage.
        storage: SQLAlchemy URL; None takes the study file's, or `DEFAULT_STORAGE`.

    Raises:
        UserError: if there is no such study, or no such storage.
        TunerError: if the storage fails.
    """
    name, url = _located(study, storage)
    names = study_names(url)
    if name in names:
        return name, url
    if name == study:
        if Path(study).exists():
            raise UserError(
                f"There is no study '{study}' in {url}; known: {', '.join(sorted(names)) or 'none'}. If the file or "
                f"folder of that name is meant, name a study file with its path: ./my_study.yaml."
            )
        raise unknown_name("study", study, names)
    raise UserError(f"The study '{name}' of {study} has not been run yet. Run it with: tuner run {study}")


def check_file_unchanged(study: str, stored: optuna.Study, url: str) -> None:
    """Refuse a study file that has changed since its study was run, where the difference would mislead.

    Bundled studies and studies given by their name are not compared.

    Args:
        study: the study as the user gave it.
        stored: the study in the storage.
        url: the storage's URL.

    Raises:
        UserError: if the task, the objective or the budget differ.
    """
    before = stored.user_attrs.get(attributes.FINGERPRINT)
    config = study_file(study) if is_study_path(study) else None
    if config is None or before is None:
        return
    changed = differences(before, fingerprint(config, space_source=""), sections=SECONDS_DEPEND_ON)
    if changed:
        lines = "\n".join(f"  {line}" for line in changed)
        name = stored.study_name if url == DEFAULT_STORAGE else f"{stored.study_name} --storage {shown_url(url)}"
        raise UserError(
            f"{study} is not what its study '{stored.study_name}' was run with:\n{lines}\nFor the study as it was run, "
            f"give its name instead of the file: {name}. For the file as it is now, change 'study' in it and run it."
        )


def _located(study: str, storage: str | None) -> tuple[str, str]:
    """Return the study's name in the storage, and the storage's URL."""
    config = study_file(study)
    if config is None:
        return study, storage or DEFAULT_STORAGE
    return config.study, storage or config.storage


def study_file(study: str) -> StudyConfig | None:
    """Return the study file that `study` names, by path or as a bundled one; None if it is a name in the storage.

    Raises:
        UserError: if the file does not exist, or has mistakes.
    """
    return load_study(study) if is_study_path(study) or study in bundled_studies() else None
