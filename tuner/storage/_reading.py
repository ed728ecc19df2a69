"""Read a study that has been run, without writing to its storage."""

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from tuner.config import TrialSpec
from tuner.errors import UserError, unknown_name
from tuner.storage._opening import open_storage, storage_error
from tuner.storage._patience import STORAGE_ERRORS
from tuner.storage._url import shown_url
from tuner.storage.attributes import check_schema_number

_CONFIRM = "/confirm"


def confirm_name(study: str) -> str:
    """Return the name, in the same storage, of the Optuna study that holds a study's confirm runs.

    A study file cannot use such a name, so no other study has it.
    """
    return f"{study}{_CONFIRM}"


def study_of(name: str) -> str:
    """Return the name of a study from the name that `confirm_name` gives its confirm runs; other names as they are."""
    return name.removesuffix(_CONFIRM)


def without_confirm_runs(names: list[str]) -> list[str]:
    """Return the names of studies without those that hold the confirm runs of others."""
    return [name for name in names if not (name.endswith(_CONFIRM) and name.removesuffix(_CONFIRM) in names)]


def trial_name(spec: TrialSpec) -> str:
    """Return the name of a trial for the start of a sentence. A confirm run is not a trial of the study."""
    return f"{'Run' if spec.study.endswith(_CONFIRM) else 'Trial'} {spec.number}"


_NONSENSE = (OptunaError, ValueError, LookupError, TypeError, AssertionError)
"""What Optuna raises for rows that it cannot interpret."""


def read_study(url: str, name: str) -> optuna.Study:
    """Load a study that has been run, with its trials.

    Args:
        url: SQLAlchemy URL of the storage.
        name: the study's name there.

    Raises:
        UserError: if there is no such study or storage, or Optuna or this version of the program cannot read it.
        TunerError: if the storage fails.
    """
    storage = open_storage(url, read_only=True)
    names = _names(storage, url)
    if name not in names:
        raise unknown_name("study", name, without_confirm_runs(names))
    try:
        study = optuna.load_study(study_name=name, storage=storage)
        study.get_trials(deepcopy=False)
    except STORAGE_ERRORS as error:
        raise storage_error(error, shown_url(url)) from error
    except _NONSENSE as error:
        raise _unreadable(url, error) from error
    check_schema_number(study)
    return study


def trial_of(study: optuna.Study, number: int) -> FrozenTrial:
    """Return a trial of a study by its number.

    Raises:
        UserError: if there is none of that number.
    """
    trials = study.get_trials(deepcopy=False)
    if not 0 <= number < len(trials):
        known = f"trials 0 to {len(trials) - 1}" if trials else "no trials"
        raise UserError(f"The study '{study.study_name}' has no trial {number}; it has {known}.")
    return trials[number]


def study_names(url: str) -> list[str]:
    """Return the names of the studies in a storage, without those that hold the confirm runs of others.

    Args:
        url: SQLAlchemy URL of the storage.

    Raises:
        UserError: if there is no such storage, or Optuna did not write it.
        TunerError: if the storage fails.
    """
    return without_confirm_runs(_names(open_storage(url, read_only=True), url))


def _names(storage: BaseStorage, url: str) -> list[str]:
    try:
        return list(optuna.get_all_study_names(storage))
    except STORAGE_ERRORS as error:
        raise storage_error(error, shown_url(url)) from error
    except _NONSENSE as error:
        raise _unreadable(url, error) from error


def _unreadable(url: str, error: Exception) -> UserError:
    what = f"{type(error).__name__}: {error}"
    return UserError(f"The storage {shown_url(url)} cannot be read and may be damaged; name another. ({what})")
