"""Draw the configurations whose curves are recorded: at random, and near good ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from tuner.config import AgentConfig, SamplerConfig, StudyConfig
from tuner.errors import UserError
from tuner.replay._recorded_run import NEAR, RANDOM
from tuner.spaces import SearchSpace
from tuner.study import Start, create_sampler, make_start, with_own_names

_DRAWS = 1000
"""Draws until a search space that gives combinations up has to accept one."""


@dataclass(frozen=True)
class Drawn:
    """A configuration to record."""

    name: str
    origin: str
    """`random`, `near NAME`, or NAME itself."""
    parameters: Mapping[str, Any]
    agent: AgentConfig
    seeds: tuple[int, ...]
    """The seeds that it is trained with."""


@dataclass(frozen=True)
class Draws:
    """What was drawn, and from what."""

    configurations: tuple[Drawn, ...]
    distributions: Mapping[str, BaseDistribution]
    """The ranges of the parameters, those that are pinned included."""


def draw_configurations(
    config: StudyConfig,
    space: SearchSpace,
    *,
    count: int,
    near_share: float,
    second_seed_share: float,
    seed: int,
    good: Mapping[str, Mapping[str, Any]] | None = None,
) -> Draws:
    """Draw configurations of a study's search space.

    Starts are the study's warm starts, and others that are given. Those near a start are what the sampler `local`
    proposes whose only parent it is; the first one of each start is the start itself. The kinds alternate by their
    shares, and so do, within each kind, those that have a second seed.
    More of them begin with the same ones.

    Args:
        config: the study file.
        space: the search space.
        count: how many configurations.
        near_share: share of them that is drawn near the starts, in turn, in [0, 1].
        second_seed_share: share of them that is trained with two seeds, in [0, 1].
        seed: decides everything.
        good: other starts, by their names: parameters of the search space.

    Raises:
        UserError: for shares out of range, none but random ones where there is no start, a space that fails, and one
            that gives up everything that is drawn.
    """
    for option, share in (("near", near_share), ("second seed", second_seed_share)):
        if not 0 <= share <= 1:
            raise UserError(f"The share of configurations ({option}) is {share:g}, but lies between 0 and 1.")
    config = with_own_names(config, space)
    starts = [make_start(config, space, start) for start in config.warm_start]
    starts += [Start(name, {**parameters, **config.fixed}) for name, parameters in (good or {}).items()]
    if near_share > 0 and not starts:
        raise UserError("No configuration to draw near of: name a warm start, or draw all at random (a share of 0).")
    sources = {RANDOM: _Source(config, space, None, seed=_derived(seed, 0))}
    sources |= {
        start.name: _Source(config, space, start, seed=_derived(seed, 1 + index)) for index, start in enumerate(starts)
    }
    drawn: list[Drawn] = []
    numbers = {RANDOM: 0, "near": 0}
    for index in range(count):
        kind = "near" if _falls_due(index, near_share) else RANDOM
        number = numbers[kind]
        numbers[kind] += 1
        source = sources[starts[number % len(starts)].name if kind == "near" else RANDOM]
        origin, parameters, agent = source.draw()
        seeds = tuple(_derived(seed, index, run) for run in range(2 if _falls_due(number, second_seed_share) else 1))
        drawn.append(Drawn(f"{index:03d}", origin, parameters, agent, seeds))
    distributions: dict[str, BaseDistribution] = {}
    for each in sources.values():
        distributions |= each.distributions
    return Draws(tuple(drawn), distributions)


class _Source:
    """Draws from the whole space, or near one configuration."""

    def __init__(self, config: StudyConfig, space: SearchSpace, start: Start | None, *, seed: int) -> None:
        self._config = config
        self._space = space
        self._start = start
        self._study = optuna.create_study(sampler=self._sampler(seed))
        self.distributions: dict[str, BaseDistribution] = {}
        if start is not None:
            self._study.enqueue_trial(dict(start.parameters))

    def draw(self) -> tuple[str, dict[str, Any], AgentConfig]:
        """Return the origin, the parameters and the agent of the next configuration that the space does not give up."""
        for _ in range(_DRAWS):
            trial = self._study.ask()
            is_start = self._start is not None and trial.number == 0
            try:
                agent = self._space.configure(trial, self._config.task)
            except optuna.TrialPruned:
                self._study.tell(trial, state=TrialState.FAIL)
                if is_start:
                    raise UserError(f"The search space '{self._space.name}' gives up {self._origin(True)}.") from None
                continue
            self.distributions |= trial.distributions
            # The sampler hears of starts only, so that it stays the only parent.
            self._study.tell(trial, 0.0 if is_start else None, state=None if is_start else TrialState.FAIL)
            return self._origin(is_start), dict(trial.params), agent
        raise self._space.gives_all_up(_DRAWS, self._config.fixed)

    def _origin(self, is_start: bool) -> str:
        if self._start is None:
            return RANDOM
        return self._start.name if is_start else f"{NEAR}{self._start.name}"

    def _sampler(self, seed: int) -> BaseSampler:
        kind = RANDOM if self._start is None else "local"
        return create_sampler(SamplerConfig(kind=kind, seed=seed), fixed=self._config.fixed)


def _falls_due(index: int, share: float) -> bool:
    """Return whether the index-th of many is one of a share that is spread evenly, the first one among them."""
    return int(np.ceil((index + 1) * share)) > int(np.ceil(index * share))


def _derived(*numbers: int) -> int:
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
