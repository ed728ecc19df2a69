"""A stand-in for training what a sampler proposes: a model of the scores of the recorded configurations."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from tuner.errors import UserError
from tuner.replay._gaussian_process import GaussianProcess
from tuner.replay._judges import Judge
from tuner.replay._replay_data import Curve, ReplayData, Report
from tuner.storage import worst_score

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SurrogateError:
    """How far the true time of a configuration is from what the others say about it: the mean, leaving one out."""

    model_seconds: float
    """For the model, whose few constants are those that suit all configurations."""
    nearest_seconds: float
    """For the nearest other configuration, to compare with."""
    mean_seconds: float
    """For a guess that does not look at the parameters: the mean of the others."""

    def to_json(self) -> dict[str, float]:
        """Return it as a JSON-safe dictionary."""
        return asdict(self)


class Surrogate:
    """Predicts scores of proposals, and finds recorded curves that end with them.

    A Gaussian process is fitted on the logarithms of the scores of the recorded configurations (seconds, those of
    configurations that did not reach the target being above the budget), averaged over their seeds. Parameters are
    scaled to [0, 1] by their ranges, logarithmic where these are; two different choices are 1 apart, and a parameter
    that only one of two configurations has adds at least 1. Parameters that are the same in all recordings are pinned.

    A trial of a proposal has the predicted score, times the noise between the seeds of recorded configurations, and the
    curve of the recorded run whose score is nearest to that: curves are those of real runs, of its speed.

    Args:
        data: the recordings.

    Raises:
        UserError: if there are fewer than two configurations, or a parameter has no known range.
    """

    def __init__(self, data: ReplayData) -> None:
        if len(data.parameters) < 2:
            raise UserError("A sampler needs at least two recorded configurations to be replayed, but there is one.")
        names = {name for parameters in data.parameters for name in parameters}
        unknown = sorted(names - data.distributions.keys())
        if unknown:
            raise UserError(
                f"The recordings do not say the range of {', '.join(unknown)}, so no sampler can search it."
            )
        first = data.parameters[0]
        same = {name for name in names if all(each.get(name) == first.get(name) for each in data.parameters)}
        self.free = {name: each for name, each in data.distributions.items() if name in names - same}
        """The ranges of the parameters that are not pinned."""
        self.starts = [
            {name: value for name, value in data.parameters[place].items() if name in self.free}
            for place in data.starts
        ]
        """Free parameters of the warm starts."""
        self._budget = data.config.budget.seconds
        self._worst = worst_score(data.config.objective, budget_seconds=self._budget)
        self._true_seconds = np.array(data.true_seconds)
        logarithms = [[math.log(self._known_score(curve)) for curve in curves] for curves in data.curves]
        self._noise = _spread(logarithms)
        self._points = np.array([self._point(parameters) for parameters in data.parameters])
        self._model = GaussianProcess(self._points, np.array([np.mean(each) for each in logarithms]))
        curves = [curve for each in data.curves for curve in each]
        self._runs = {
            reached: [curve for curve in curves if (curve.reached_seconds is not None) == reached]
            for reached in (True, False)
        }
        self.best_seconds = min(self.true_seconds(parameters) for parameters in data.parameters)
        """The best true time that is predicted for a recorded configuration."""

    def true_seconds(self, parameters: Mapping[str, Any]) -> float:
        """Return the predicted time to return of a configuration; the budget if it would not reach the target."""
        return min(math.exp(self._model.predict(self._point(parameters))), self._budget)

    def trial(self, parameters: Mapping[str, Any], rng: np.random.Generator) -> Curve:
        """Return a run of a configuration; a run whose recording was cut ends there, without a score."""
        predicted = self._model.predict(self._point(parameters))
        score = min(math.exp(predicted + self._noise * rng.standard_normal()), self._worst)
        runs = self._runs[score <= self._budget] or self._runs[score > self._budget]
        curve = min(runs, key=lambda run: abs(math.log(self._known_score(run) / score)))
        curve = replace(curve, true_seconds=min(math.exp(predicted), self._budget))
        if curve.score is None:
            return curve
        if curve.reached_seconds is None:
            return replace(curve, score=max(score, self._budget))
        seconds = min(score, self._budget)
        return replace(curve, score=seconds, reached_seconds=seconds)

    def leave_one_out(self) -> SurrogateError:
        """Return how well the others predict the true time of each configuration."""
        times = self._true_seconds
        squares = ((self._points[:, None, :] - self._points[None, :, :]) ** 2).sum(axis=2)
        np.fill_diagonal(squares, math.inf)
        guesses = (
            np.minimum(np.exp(self._model.leave_one_out()), self._budget),
            times[squares.argmin(axis=1)],
            (times.sum() - times) / (len(times) - 1),
        )
        return SurrogateError(*(float(np.abs(guess - times).mean()) for guess in guesses))

    def _known_score(self, curve: Curve) -> float:
        """Return a run's score; of one whose recording was cut, the best that is known."""
        if curve.score is not None:
            return curve.score
        return curve.bests[-1] if curve.reports else self._worst

    def _point(self, parameters: Mapping[str, Any]) -> Numbers:
        """Return coordinates of given parameters: one for each number, one for each choice."""
        coordinates: list[float] = []
        for name, distribution in self.free.items():
            coordinates += _coordinates(distribution, parameters.get(name))
        return np.array(coordinates)


class SurrogateJudge:
    """The pruner of a study whose sampler proposes trials, and their next curves.

    The sampler sees what it would in a study of the manager: warm starts first, the score of a trial that ended, the
    last report of one that was stopped, and the latest one of those that run.

    Args:
        surrogate: stands for training.
        sampler: a fresh one.
        judge: asks the pruner.
        rng: draws the noise between seeds.
        trials: of the study.
    """

    def __init__(
        self, surrogate: Surrogate, sampler: BaseSampler, judge: Judge, rng: np.random.Generator, *, trials: int
    ) -> None:
        self.sees_reports = True  # samplers look at running trials
        self._surrogate = surrogate
        self._judge = judge
        self._rng = rng
        self._left = trials
        self._storage = InMemoryStorage()
        self._study = optuna.create_study(storage=self._storage, direction="minimize", sampler=sampler)
        self._asked: dict[int, optuna.Trial] = {}
        self._reports: dict[int, Report] = {}
        """The last report of each running trial that the sampler has not seen yet."""
        self._next: optuna.Trial | None = None
        for start in surrogate.starts:
            self._study.enqueue_trial(start)

    def next_curve(self) -> Curve | None:
        """Ask the sampler, and return a run of what it proposes."""
        if self._left == 0:
            return None
        self._left -= 1
        for number, report in self._reports.items():
            self._storage.set_trial_intermediate_value(self._asked[number]._trial_id, report.step, report.score)
        self._reports.clear()
        self._next = self._study.ask(self._surrogate.free)
        return self._surrogate.trial(self._next.params, self._rng)

    def begin(self, curve: Curve) -> int:
        """Take in the trial that was asked for."""
        number = self._judge.begin(curve)
        if self._next is not None:
            self._asked[number] = self._next
        return number

    def report(self, number: int, report: Report, curve: Curve) -> str | None:
        """Ask the pruner."""
        self._reports[number] = report
        return self._judge.report(number, report, curve)

    def end(self, number: int, last: Report | None, curve: Curve, score: float | None) -> None:
        """Tell the pruner and the sampler."""
        self._judge.end(number, last, curve, score)
        self._reports.pop(number, None)
        trial = self._asked.pop(number)
        if score is not None:
            self._study.tell(trial, score)
            return
        if last is not None:
            self._storage.set_trial_intermediate_value(trial._trial_id, last.step, last.score)
        self._study.tell(trial, state=TrialState.PRUNED)


def _spread(groups: Sequence[Sequence[float]]) -> float:
    """Return the standard deviation within groups, pooled; 0 if each has one value."""
    squares = [(value - np.mean(group)) ** 2 for group in groups for value in group]
    free = sum(len(group) - 1 for group in groups)
    return math.sqrt(sum(squares) / free) if free else 0.0


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
