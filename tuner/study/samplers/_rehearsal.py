"""Try a sampler out before a study uses it."""

import warnings
from collections.abc import Mapping

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, GPSampler, PartialFixedSampler, RandomSampler
from optuna.trial import create_trial

from tuner.config import SamplerConfig
from tuner.errors import UserError

_KNOWN_TRIALS = 12
"""Enough for samplers that begin at random to use their model, with their default options."""


def rehearse(sampler: BaseSampler, config: SamplerConfig, distributions: Mapping[str, BaseDistribution]) -> None:
    """Let a sampler propose trials of a search space in a study that is thrown away.

    Some options are used only when a trial is proposed. A wrong one would then look like a failure of the search space,
    after the first trials were trained. The model of a Gaussian process is not built here: its libraries
    take seconds to load.

    Args:
        sampler: the sampler; it is used up.
        config: where it came from, for the message.
        distributions: the search space's parameters.

    Raises:
        UserError: if it fails.
    """
    study = optuna.create_study(sampler=RandomSampler(seed=0))
    inner = sampler._base_sampler if isinstance(sampler, PartialFixedSampler) else sampler
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number in range(0 if isinstance(inner, GPSampler) else _KNOWN_TRIALS):
                parameters = study.ask(dict(distributions)).params
                known = create_trial(params=parameters, distributions=dict(distributions), value=float(number))
                study.add_trial(known)
            study.sampler = sampler
            for value in (1.0, 0.0):
                study.tell(study.ask(dict(distributions)), value)
    except Exception as error:  # whatever a wrong option causes deep inside
        what = f"{type(error).__name__}: {error}"
        raise UserError(f"The sampler '{config.kind}' fails with its options {dict(config.options)}: {what}") from error
