"""What stops trials early: our own pruner for time to return, and Optuna's by name."""

from tuner.study.pruners._factory import create_pruner, pruner_names
from tuner.study.pruners._time_to_return import TimeToReturnPruner

__all__ = ["TimeToReturnPruner", "create_pruner", "pruner_names"]
