"""What a study is on disk: its storage, names, attributes, owner, score and summary. Nothing here runs a study."""

from tuner.storage import attributes
from tuner.storage._claim import claiming, transact
from tuner.storage._device_classes import (
    DeviceClass,
    calibration_of,
    comparable,
    compared,
    device_class_of,
    device_classes,
    with_class_name,
)
from tuner.storage._fingerprint import SECONDS_DEPEND_ON, check_fingerprint, differences, fingerprint
from tuner.storage._opening import open_storage, storage_error
from tuner.storage._own_trials import write_reports
from tuner.storage._owner import BusyError, Owner, lock_file, manager_lock
from tuner.storage._patience import STORAGE_ERRORS, Patience, waiting
from tuner.storage._reading import (
    confirm_name,
    read_study,
    study_names,
    study_of,
    trial_name,
    trial_of,
    without_confirm_runs,
)
from tuner.storage._runs import (
    RunRecord,
    check_not_confirmed,
    check_not_running,
    living_runs,
    own_version,
    runs_of,
    shared,
    unlike,
    wait_for_others,
)
from tuner.storage._score import best_return_of, score, worst_score
from tuner.storage._summary import BestTrial, EndReason, Ranked, StudySummary, ranking, summarize
from tuner.storage._url import shown_url, sqlite_file
from tuner.storage.attributes import (
    check_schema_number,
    config_of,
    counts,
    newer_schema,
    objective_and_budget,
    outcome_kind_of,
    outcome_of,
    own_config_of,
    ticks_of,
    write_config,
)

__all__ = [
    "SECONDS_DEPEND_ON",
    "STORAGE_ERRORS",
    "BestTrial",
    "BusyError",
    "DeviceClass",
    "EndReason",
    "Owner",
    "Patience",
    "Ranked",
    "RunRecord",
    "StudySummary",
    "attributes",
    "best_return_of",
    "calibration_of",
    "check_fingerprint",
    "check_not_confirmed",
    "check_not_running",
    "check_schema_number",
    "claiming",
    "comparable",
    "compared",
    "config_of",
    "confirm_name",
    "counts",
    "device_class_of",
    "device_classes",
    "differences",
    "fingerprint",
    "living_runs",
    "lock_file",
    "manager_lock",
    "newer_schema",
    "objective_and_budget",
    "open_storage",
    "outcome_kind_of",
    "outcome_of",
    "own_config_of",
    "own_version",
    "ranking",
    "read_study",
    "runs_of",
    "score",
    "shared",
    "shown_url",
    "sqlite_file",
    "storage_error",
    "study_names",
    "study_of",
    "summarize",
    "ticks_of",
    "transact",
    "trial_name",
    "trial_of",
    "unlike",
    "wait_for_others",
    "waiting",
    "with_class_name",
    "without_confirm_runs",
    "worst_score",
    "write_config",
    "write_reports",
]
