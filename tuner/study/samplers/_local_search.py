"""A local search: change a few parameters of one of the best trials so far."""

import math
from typing import Any

import numpy as np
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from tuner.storage.attributes import QUEUED


class LocalSampler(RandomSampler):
    """Propose neighbours of the best trials: an evolution strategy of mutations only, for few, expensive trials.

    A few dozen trials in twenty dimensions are too few for a model of the whole space: TPE then spends them far from
    everything that is known. If a study begins from configurations that work, changing a few of their parameters at a
    time wastes fewer. A parent is drawn from the best trials so far, the best twice as often as the second and so on;
    at least one of its parameters moves. A trial that is still running counts with what it reported last. While none
    has reported, the parents are warm starts that run; without these, and for a parameter that the parent does not
    have, the proposal is random. A share of the trials can be left to another sampler, which looks elsewhere.
    """

    def __init__(
        self,
        *,
        parents: int = 3,
        changes: float = 3.0,
        step: float = 0.1,
        explore: float = 0.0,
        explorer: BaseSampler | None = None,
        seed: int | None = None,
    ) -> None:
        """Make the sampler.

        Args:
            parents: how many of the best trials have neighbours proposed.
            changes: parameters that move in a trial, on average; at least 1.
            step: standard deviation of a move, in shares of the parameter's range (of its logarithm where the range is
                logarithmic).
            explore: share of the trials that the explorer proposes, in [0, 1).
            explorer: another sampler; None for random proposals.
            seed: with a trial's number it decides the proposal; None for a random one.

        Raises:
            ValueError: for an option out of range.
        """
        if parents < 1 or changes < 1 or not 0 < step <= 1 or not 0 <= explore < 1:
            raise ValueError(
                "parents must be at least 1, changes at least 1, step in (0, 1] and explore in [0, 1); they are "
                f"{parents!r}, {changes!r}, {step!r} and {explore!r}."
            )
        if explorer is not None and explore == 0:
            raise ValueError("there is an explorer, but explore, the share of its trials, is 0.")
        super().__init__(seed=seed)
        self._parents, self._changes, self._step = parents, changes, step
        self._explore, self._explorer = explore, explorer or RandomSampler(seed=seed)
        self._entropy = seed if seed is not None else np.random.SeedSequence().generate_state(1).item()

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """Return the parameters of the parent that was drawn for this trial; none while there is no parent."""
        if self._explores(trial):
            return self._explorer.infer_relative_search_space(study, trial)
        parent = self._parent(study, trial, self._generator(trial))
        return dict(parent.distributions) if parent is not None else {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the parent's parameters, some of them moved; `search_space` lacks those that are pinned."""
        if self._explores(trial):
            return self._explorer.sample_relative(study, trial, search_space)
        generator = self._generator(trial)
        parent = self._parent(study, trial, generator)
        if parent is None or not search_space:
            return {}
        names = [name for name in search_space if name in parent.params]
        movable = [name for name in names if not search_space[name].single()]
        moves = min(len(movable), 1 + int(generator.poisson(self._changes - 1)))
        moved = {movable[index] for index in generator.choice(len(movable), moves, replace=False)} if moves else set()
        return {
            name: self._neighbour(parent.params[name], search_space[name], generator, move=name in moved)
            for name in names
        }

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Return a value that nothing else has proposed: a random one, or the explorer's in a trial that it has."""
        if self._explores(trial):
            return self._explorer.sample_independent(study, trial, param_name, param_distribution)
        return super().sample_independent(study, trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Take other random numbers from now on, where Optuna asks for it."""
        super().reseed_rng()
        self._explorer.reseed_rng()

    def _explores(self, trial: FrozenTrial) -> bool:
        """Return whether the explorer has this trial: the same answer each time it is asked."""
        return bool(np.random.default_rng([self._entropy, trial.number, 1]).random() < self._explore)

    def _generator(self, trial: FrozenTrial) -> np.random.Generator:
        """Return the trial's own random numbers: the same parent is drawn each time it is asked for."""
        return np.random.default_rng([self._entropy, trial.number])

    def _parent(self, study: Study, trial: FrozenTrial, generator: np.random.Generator) -> FrozenTrial | None:
        states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
        others = [
            other
            for other in study.get_trials(deepcopy=False, states=states)
            if other.params and other.number != trial.number
        ]
        scores = [(score, other) for other in others if (score := _score(other)) is not None]
        scores.sort(key=lambda pair: pair[0], reverse=study.direction == StudyDirection.MAXIMIZE)
        known = [other for _, other in scores] or [other for other in others if _is_running_as_queued(other)]
        best = known[: self._parents]
        if not best:
            return None
        weights = 0.5 ** np.arange(len(best))
        return best[generator.choice(len(best), p=weights / weights.sum())]

    def _neighbour(
        self, value: Any, distribution: BaseDistribution, generator: np.random.Generator, *, move: bool
    ) -> Any:
        """Return the value, moved or not, within the range; warm starts may lie outside of it on purpose."""
        if isinstance(distribution, CategoricalDistribution):
            others = [choice for choice in distribution.choices if choice != value]
            return others[generator.integers(len(others))] if move else value
        if not isinstance(distribution, FloatDistribution | IntDistribution):
            raise TypeError(f"The sampler knows no distribution like {distribution!r}.")
        within = min(max(value, distribution.low), distribution.high)
        if not move:
            return within
        grid = distribution.step
        margin = grid / 2 if grid is not None else 0.0  # a value on a grid stands for half a step to each side
        ends = distribution.low - margin, distribution.high + margin
        start, end, position = (math.log(x) if distribution.log else x for x in (*ends, within))
        share = (position - start) / (end - start) + generator.normal(0.0, self._step)
        position = start + _reflected(share) * (end - start)
        new = math.exp(position) if distribution.log else position
        if grid is not None:
            steps, before = (round((x - distribution.low) / grid) for x in (new, within))
            if steps == before:  # too small a move: take the next value on either side
                steps += 1 if generator.random() < 0.5 else -1
            last = round((distribution.high - distribution.low) / grid)
            steps = abs(steps) if steps <= last else 2 * last - steps
            new = distribution.low + grid * steps
        return min(max(new, distribution.low), distribution.high)


def _score(trial: FrozenTrial) -> float | None:
    """Return a trial's value, or what it last reported; None if there is no such finite number."""
    score = trial.value
    if score is None and trial.last_step is not None:
        score = trial.intermediate_values[trial.last_step]
    return score if score is not None and math.isfinite(score) else None


def _is_running_as_queued(trial: FrozenTrial) -> bool:
    """Return whether a trial runs with parameters that were queued, as those of warm starts are."""
    return trial.state == TrialState.RUNNING and QUEUED in trial.system_attrs


def _reflected(share: float) -> float:
    """Return a share of a range, mirrored at its ends until it is within."""
    share = math.fmod(abs(share), 2.0)
    return 2.0 - share if share > 1.0 else share
