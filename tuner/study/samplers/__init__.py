"""Samplers, which propose trials: Optuna's by name and our own, with pinned parameters."""

from tuner.study.samplers._factory import create_sampler, sampler_names
from tuner.study.samplers._fixed import check_fixed, parameters_of
from tuner.study.samplers._rehearsal import rehearse

__all__ = ["check_fixed", "create_sampler", "parameters_of", "rehearse", "sampler_names"]
