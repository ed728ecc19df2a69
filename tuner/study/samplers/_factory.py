"""Make the sampler that a study file names."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from optuna.samplers import (
    BaseSampler,
    CmaEsSampler,
    GPSampler,
    PartialFixedSampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)

from tuner.config import SamplerConfig
from tuner.errors import UserError, unknown_name
from tuner.study._optuna_options import checked_options, without_experimental_warnings
from tuner.study.samplers._local_search import LocalSampler

_SAMPLERS: Mapping[str, Callable[..., BaseSampler]] = {
    "tpe": TPESampler,
    "local": LocalSampler,
    "cmaes": CmaEsSampler,
    "gp": GPSampler,
    "qmc": QMCSampler,
    "random": RandomSampler,
}

_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    # Parameters act together (replay ratio and learning rate), some only exist beside others; running trials count as
    # bad, so that parallel workers do not crowd one spot.
    "tpe": {"multivariate": True, "group": True, "constant_liar": True},
    "local": {},
    # Most trials of a study are pruned; without them CMA-ES would hardly learn.
    "cmaes": {"consider_pruned_trials": True, "warn_independent_sampling": False},
    "gp": {"warn_independent_sampling": False},
    "qmc": {"scramble": True, "warn_independent_sampling": False},
    "random": {},
}


def sampler_names() -> list[str]:
    """Return the names that `sampler.kind` may have."""
    return list(_SAMPLERS)


def create_sampler(
    config: SamplerConfig,
    *,
    trials_so_far: int = 0,
    runs_so_far: int = 0,
    fixed: Mapping[str, Any] | None = None,
) -> BaseSampler:
    """Make the sampler that a study file names.

    Options are the arguments of the class, which is one of Optuna's except for `local`, whose `explorer` is the name of
    another sampler. Defaults that suit studies of a few dozen pruned trials replace Optuna's: see `_DEFAULTS`. `gp`
    learns only from trials that ran to their end.

    Args:
        config: the `sampler` section of the study file.
        trials_so_far: trials the study already has. A resumed study continues with a seed derived from it, because
            the same seed would propose the same configurations again.
        runs_so_far: runs that the study already had; their number keeps managers apart that start at once.
        fixed: parameters pinned to a value; checked with `check_fixed`.

    Raises:
        UserError: for an unknown name, an unknown option, or a value the sampler refuses.
    """
    if config.kind not in _SAMPLERS:
        raise unknown_name("sampler", config.kind, _SAMPLERS)
    make, place = _SAMPLERS[config.kind], f"sampler '{config.kind}'"
    checked_options(make, config.options, place=place, given={"seed"}, translated={"explorer"})
    arguments = {
        **_DEFAULTS[config.kind],
        **config.options,
        "seed": _derived_seed(config.seed, trials_so_far, runs_so_far),
    }
    if arguments.get("explorer") is not None:
        explorer = SamplerConfig(kind=str(arguments["explorer"]), seed=config.seed)
        arguments["explorer"] = create_sampler(explorer, trials_so_far=trials_so_far, runs_so_far=runs_so_far)
    if config.kind == "qmc":
        # The sequence keeps its place in the storage, by its seed; only what is drawn outside of it must not repeat.
        arguments["independent_sampler"] = RandomSampler(seed=arguments["seed"])
        arguments["seed"] = config.seed
    try:
        with without_experimental_warnings():
            sampler = make(**arguments)
            return PartialFixedSampler(dict(fixed), sampler) if fixed else sampler
    except (TypeError, ValueError) as error:
        raise UserError(f"The {place} refuses its options {dict(config.options)}: {error}") from error


def _derived_seed(*entropy: int) -> int:
    return int(np.random.SeedSequence(entropy).generate_state(1)[0])
