"""Run a study: the manager's loop over Optuna and the workers, resuming, samplers and pruners."""

from tuner.study._loop import FailedTrialsError, StopSwitch, TrialLoop, TrialSource
from tuner.study._manager import Manager
from tuner.study._queue import Enqueued, Start, enqueue_start, has_parameters, make_start, with_own_names
from tuner.study._resume import conclude_stale_trials
from tuner.study._running_trial import RunningTrial, Verdict, conclude_trial, trial_spec
from tuner.study.pruners import PatientPruner, TimeToReturnPruner, create_pruner, keeps_rungs, pruner_names
from tuner.study.samplers import create_sampler, rehearse, sampler_names

__all__ = [
    "Enqueued",
    "FailedTrialsError",
    "Manager",
    "PatientPruner",
    "RunningTrial",
    "Start",
    "StopSwitch",
    "TimeToReturnPruner",
    "TrialLoop",
    "TrialSource",
    "Verdict",
    "conclude_stale_trials",
    "conclude_trial",
    "create_pruner",
    "create_sampler",
    "enqueue_start",
    "has_parameters",
    "keeps_rungs",
    "make_start",
    "pruner_names",
    "rehearse",
    "sampler_names",
    "trial_spec",
    "with_own_names",
]
