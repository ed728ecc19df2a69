"""Means of what the task measures, over steps and robots."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tuner.errors import UserError

Metrics = Mapping[str, npt.NDArray[np.floating[Any]]]
"""As `TaskEnv.metrics` has them: by name, each of shape (num_envs,)."""


class MetricSums:
    """Sums of the task's metrics over steps, for each robot of a group. Numbers that are not finite do not count."""

    def __init__(self, robots: npt.NDArray[np.intp]) -> None:
        """Start with nothing measured.

        Args:
            robots: the group, as indices among all robots, shape (n,).
        """
        self._robots = robots
        self._names: tuple[str, ...] | None = None  # until the first step
        self._sums = np.zeros((0, len(robots)))
        self._counts = np.zeros((0, len(robots)), dtype=np.int64)

    def add(self, metrics: Metrics, counted: npt.NDArray[np.bool_] | None = None) -> None:
        """Take in one step.

        Args:
            metrics: what the task measured, for all robots.
            counted: which robots of the group count, shape (n,); None for all.

        Raises:
            UserError: if the task measures other metrics than in its first step, or not one number for each robot.
        """
        if self._names is None:
            self._names = tuple(metrics)
            self._sums = np.zeros((len(metrics), len(self._robots)))
            self._counts = np.zeros_like(self._sums, dtype=np.int64)
        if not metrics and not self._names:
            return
        values = self._table(metrics, self._names)
        known = np.isfinite(values)
        if counted is not None:
            known &= counted
        self._sums += np.where(known, values, 0.0)
        self._counts += known

    def means(self) -> dict[str, float]:
        """Return each metric's mean over the steps and robots that counted; those that have one and it is finite."""
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            means = self._sums.sum(axis=1) / self._counts.sum(axis=1)
        return {name: float(mean) for name, mean in zip(self._names or (), means, strict=True) if np.isfinite(mean)}

    def first(self, count: int) -> Self:
        """Return the sums of the first `count` robots."""
        return self._with(self._robots[:count], self._sums[:, :count], self._counts[:, :count])

    @classmethod
    def joined(cls, several: Sequence[Self]) -> Self:
        """Return sums of the same task, as of one group whose robots stand one after the other."""
        names = {sums._names for sums in several}
        if len(names) > 1:
            raise ValueError(f"these are sums of several tasks, which measure {names}")
        parts = [[getattr(sums, part) for sums in several] for part in ("_robots", "_sums", "_counts")]
        return several[0]._with(*(np.concatenate(each, axis=-1) for each in parts))

    def _with(self, robots: npt.NDArray[Any], sums: npt.NDArray[Any], counts: npt.NDArray[Any]) -> Self:
        other = type(self)(robots)
        other._names, other._sums, other._counts = self._names, sums, counts
        return other

    def _table(self, metrics: Metrics, names: tuple[str, ...]) -> npt.NDArray[np.float64]:
        """Return the group's numbers, shape (metrics, n)."""
        if tuple(metrics) != names:
            raise UserError(
                f"The task measured {_listed(metrics)} in a step, but {_listed(names)} in its first one. Let "
                "TaskEnv.metrics have the same names in every step, with NaN where one does not apply."
            )
        for name, values in metrics.items():
            if np.ndim(values) != 1 or len(values) <= self._robots.max(initial=0):
                raise UserError(
                    f"The task measured its metric '{name}' as an array of shape {np.shape(values)}, but a metric is "
                    "one number for each robot, shape (num_envs,)."
                )
        return np.array([values[self._robots] for values in metrics.values()], dtype=np.float64)


def _listed(names: Sequence[str] | Metrics) -> str:
    return ", ".join(names) or "nothing"
