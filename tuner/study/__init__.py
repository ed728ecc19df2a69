"""Studies: the manager's loop over Optuna and the workers, the score, samplers, pruners and storage."""

from tuner.study import attributes
from tuner.study._fingerprint import differences, fingerprint
from tuner.study._listener import SilentListener, StudyListener
from tuner.study._manager import Manager
from tuner.study._reading import read_study, study_names
from tuner.study._runs import runs_of
from tuner.study._score import best_return_of, score
from tuner.study._storage import open_storage
from tuner.study._summary import BestTrial, StudySummary, summarize
from tuner.study._url import sqlite_file
from tuner.study.attributes import config_of, counts, outcome_kind_of, outcome_of
from tuner.study.pruners import TimeToReturnPruner, create_pruner, pruner_names
from tuner.study.samplers import create_sampler, sampler_names

__all__ = [
    "BestTrial",
    "Manager",
    "SilentListener",
    "StudyListener",
    "StudySummary",
    "TimeToReturnPruner",
    "attributes",
    "best_return_of",
    "config_of",
    "counts",
    "create_pruner",
    "create_sampler",
    "differences",
    "fingerprint",
    "open_storage",
    "outcome_kind_of",
    "outcome_of",
    "pruner_names",
    "read_study",
    "runs_of",
    "sampler_names",
    "score",
    "sqlite_file",
    "study_names",
    "summarize",
]
