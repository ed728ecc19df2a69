"""Pruners, which stop trials early: our own for time to return, and Optuna's by name."""

from tuner.study.pruners._factory import create_pruner, pruner_names
from tuner.study.pruners._patient import PatientPruner, keeps_rungs
from tuner.study.pruners._time_to_return import TimeToReturnPruner

__all__ = ["PatientPruner", "TimeToReturnPruner", "create_pruner", "keeps_rungs", "pruner_names"]
