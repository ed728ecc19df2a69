"""A stand-in for training what a sampler proposes: the nearest recorded configuration."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.pruners import BasePruner

from tuner.config import SamplerConfig
from tuner.errors import UserError
from tuner.replay._judges import OptunaJudge
from tuner.replay._replay_data import Curve, ReplayData
from tuner.study import create_sampler


@dataclass(frozen=True)
class SurrogateError:
    """How far the true time of a configuration is from that of its nearest neighbour: the mean, leaving one out."""

    nearest_seconds: float
    mean_seconds: float
    """The same for a guess that does not look at the parameters: the mean of the others."""

    def to_json(self) -> dict[str, float]:
        """Return it as a JSON-safe dictionary."""
        return asdict(self)


class Surrogate:
    """Finds the recorded configuration that is nearest to a proposal.

    Distances are Euclidean in parameters that are scaled to [0, 1] by their ranges, logarithmic where these are; two
    different choices are 1 apart, and a parameter that only one of the two has adds at least 1. Parameters that are the
    same in all recordings are pinned.

    Args:
        data: the recordings.

    Raises:
        UserError: if there are fewer than two configurations, or a parameter has no known range.
    """

    def __init__(self, data: ReplayData) -> None:
        if len(data.parameters) < 2:
            raise UserError("A sampler needs at least two recorded configurations to be replayed, but there is one.")
        self.data = data
        names = {name for parameters in data.parameters for name in parameters}
        unknown = sorted(names - data.distributions.keys())
        if unknown:
            raise UserError(
                f"The recordings do not say the range of {', '.join(unknown)}, so no sampler can search it."
            )
        first = data.parameters[0]
        same = {name for name in names if all(each.get(name) == first.get(name) for each in data.parameters)}
        self.pinned: dict[str, Any] = {name: first[name] for name in sorted(same)}
        """Parameters that are the same in all recordings."""
        self.free = {name: each for name, each in data.distributions.items() if name in names - same}
        """The ranges of the others."""
        self._points = np.array([self._point(parameters) for parameters in data.parameters])

    def nearest(self, parameters: Mapping[str, Any]) -> int:
        """Return the configuration that is nearest to given parameters."""
        return int(np.argmin(self._squares(self._point(parameters))))

    def leave_one_out(self) -> SurrogateError:
        """Return how well the nearest other configuration predicts the true time of each."""
        times = np.array(self.data.true_seconds)
        guesses = []
        for place, point in enumerate(self._points):
            squares = self._squares(point)
            squares[place] = math.inf
            guesses.append(times[int(np.argmin(squares))])
        others = (times.sum() - times) / (len(times) - 1)
        return SurrogateError(float(np.abs(guesses - times).mean()), float(np.abs(others - times).mean()))

    def _squares(self, point: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        squares: npt.NDArray[np.float64] = ((self._points - point) ** 2).sum(axis=1)
        return squares

    def _point(self, parameters: Mapping[str, Any]) -> npt.NDArray[np.float64]:
        """Return coordinates of given parameters: one for each number, one for each choice."""
        coordinates: list[float] = []
        for name, distribution in self.free.items():
            coordinates += _coordinates(distribution, parameters.get(name))
        return np.array(coordinates)


class SurrogateJudge(OptunaJudge):
    """A study of Optuna whose sampler proposes trials, which the nearest recorded curves stand for.

    Args:
        surrogate: finds them.
        sampler: the sampler's section of a study file, with the seed of this study.
        rng: chooses among the seeds of a configuration.
        trials: of the study.
        pruner, steps, kind, name: as for `OptunaJudge`.
    """

    def __init__(
        self,
        surrogate: Surrogate,
        sampler: SamplerConfig,
        rng: np.random.Generator,
        *,
        trials: int,
        pruner: BasePruner,
        steps: int,
        kind: str,
        name: str,
    ) -> None:
        made = create_sampler(sampler, fixed=surrogate.pinned)
        super().__init__(pruner, steps, kind=kind, name=name, sampler=made)
        self._surrogate = surrogate
        self._rng = rng
        self._left = trials
        self._asked = -1
        data = surrogate.data
        self._distributions = {**surrogate.free, **{name: data.distributions[name] for name in surrogate.pinned}}
        for start in data.starts:
            self.study.enqueue_trial(dict(data.parameters[start]))

    def next_curve(self) -> Curve | None:
        """Ask the sampler, and return a curve of the nearest recorded configuration."""
        if self._left == 0:
            return None
        self._left -= 1
        trial = self.study.ask(self._distributions)
        self._asked = trial.number
        curves = self._surrogate.data.curves[self._surrogate.nearest(trial.params)]
        return curves[self._rng.integers(len(curves))]

    def begin(self, curve: Curve) -> int:
        """Return the number of the trial that was asked for."""
        return self._asked


def _coordinates(distribution: BaseDistribution, value: Any) -> list[float]:
    if isinstance(distribution, CategoricalDistribution):
        # Two different choices are at a distance of 1: √(½ + ½).
        return [math.sqrt(0.5) * (choice == value) for choice in distribution.choices]
    low, high, log = distribution.low, distribution.high, distribution.log  # type: ignore[attr-defined]
    if value is None:
        return [-1.0]
    scale = math.log if log else float
    if high == low:
        return [0.0]
    return [(scale(value) - scale(low)) / (scale(high) - scale(low))]
