"""Find a study in its storage, by study file, bundled name or the name it has there."""

from pathlib import Path
from typing import TYPE_CHECKING

from tuner.errors import UserError, unknown_name

if TYPE_CHECKING:
    import optuna

DEFAULT_STORAGE = "sqlite:///runs/tuner.db"
"""Where a study named by its own name is looked for, unless told otherwise; what study files have by default."""


def open_stored(study: str, storage: str | None) -> "optuna.Study":
    """Open a study that has been run.

    Args:
        study: a study file, a bundled study's name, or a study's name in the storage.
        storage: SQLAlchemy URL; None takes the study file's, or `DEFAULT_STORAGE`.

    Raises:
        UserError: if there is no such study, or no such storage.
        TunerError: if the storage fails.
    """
    import optuna

    from tuner.study import open_storage

    name, url = _located(study, storage)
    opened = open_storage(url, must_exist=True)
    names = optuna.get_all_study_names(opened)
    if name in names:
        return optuna.load_study(study_name=name, storage=opened)
    if name == study:
        raise unknown_name("study", study, names)
    raise UserError(f"The study '{name}' of {study} has not been run yet. Run it with: tuner run {study}")


def _located(study: str, storage: str | None) -> tuple[str, str]:
    """Return the study's name in the storage, and the storage's URL."""
    from tuner.config import bundled_studies, load_study

    if study in bundled_studies() or Path(study).suffix in {".yaml", ".yml"}:
        config = load_study(study)
        return config.study, storage or config.storage
    return study, storage or DEFAULT_STORAGE
