"""Studies: the manager's loop over Optuna and the workers, the score, samplers, pruners and storage."""

from tuner.study import attributes
from tuner.study._fingerprint import SECONDS_DEPEND_ON, differences, fingerprint
from tuner.study._listener import SilentListener, StudyListener
from tuner.study._loop import StopSwitch, TrialLoop, TrialSource
from tuner.study._manager import Manager
from tuner.study._names import confirm_name, trial_name
from tuner.study._owner import manager_lock
from tuner.study._reading import read_study, study_names
from tuner.study._resume import conclude_stale_trials, lock_file, warm_start_parameters
from tuner.study._runs import check_not_running, runs_of, unlike
from tuner.study._score import best_return_of, score
from tuner.study._storage import STORAGE_ERRORS, open_storage, storage_error
from tuner.study._summary import BestTrial, EndReason, StudySummary, summarize
from tuner.study._trials import RunningTrial, Verdict, conclude_trial
from tuner.study._url import shown_url, sqlite_file
from tuner.study.attributes import config_of, counts, outcome_kind_of, outcome_of
from tuner.study.pruners import TimeToReturnPruner, create_pruner, pruner_names
from tuner.study.samplers import create_sampler, sampler_names

__all__ = [
    "SECONDS_DEPEND_ON",
    "STORAGE_ERRORS",
    "BestTrial",
    "EndReason",
    "Manager",
    "RunningTrial",
    "SilentListener",
    "StopSwitch",
    "StudyListener",
    "StudySummary",
    "TimeToReturnPruner",
    "TrialLoop",
    "TrialSource",
    "Verdict",
    "attributes",
    "best_return_of",
    "check_not_running",
    "conclude_stale_trials",
    "conclude_trial",
    "config_of",
    "confirm_name",
    "counts",
    "create_pruner",
    "create_sampler",
    "differences",
    "fingerprint",
    "lock_file",
    "manager_lock",
    "open_storage",
    "outcome_kind_of",
    "outcome_of",
    "pruner_names",
    "read_study",
    "runs_of",
    "sampler_names",
    "score",
    "shown_url",
    "sqlite_file",
    "storage_error",
    "study_names",
    "summarize",
    "trial_name",
    "unlike",
    "warm_start_parameters",
]
