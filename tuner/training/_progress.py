"""Everything a trial knows about its own return: the monitors, the best so far, and the ticks made of it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tuner.config import TrialSpec
from tuner.records import TASK_PREFIX, Evaluation, Tick
from tuner.training._episodes import Episodes
from tuner.training._goals import Goals
from tuner.training._metric_sums import Metrics, MetricSums
from tuner.training._return_monitor import ReturnEstimate, ReturnMonitor


class TickGrid:
    """Hands out a trial's ticks in order, each exactly once.

    Tick k of n stands at k / n of the budget. One that was missed, because a single step or update lasted longer than
    the grid is wide, is filled in with the values of the tick before it, the latest that were known then.
    """

    def __init__(self, budget_seconds: float, ticks: int) -> None:
        self._budget_seconds = budget_seconds
        self._ticks = ticks
        self._last = Tick(index=0, clock_seconds=0.0)

    def seconds(self, index: int) -> float:
        """Return the training clock at which tick `index` stands."""
        if index == self._ticks:
            return self._budget_seconds  # to the last bit: a trial that has spent its budget has all its ticks
        return self._budget_seconds * index / self._ticks

    def due(self, clock_seconds: float) -> bool:
        """Whether a tick has been passed that was not handed out yet."""
        return self._last.index < self._ticks and clock_seconds >= self.seconds(self._last.index + 1)

    def pass_to(self, clock_seconds: float, now: Tick) -> list[Tick]:
        """Return every tick up to `clock_seconds` not handed out yet, oldest first.

        Args:
            clock_seconds: the training clock.
            now: what is known now; its index and time are replaced by those of the newest tick passed.
        """
        due = []
        while self.due(clock_seconds):
            index = self._last.index + 1
            newest = index == self._ticks or clock_seconds < self.seconds(index + 1)
            self._last = replace(now if newest else self._last, index=index, clock_seconds=self.seconds(index))
            due.append(self._last)
        return due


CHECKS_PER_TICK = 4
"""How often per tick the estimate is compared with the target, so that a time to return is finer than the grid."""


@dataclass(frozen=True)
class Counters:
    """How far a trial has come."""

    env_steps: int
    updates: int
    wall_seconds: float | None = None
    """As in `Tick`."""


class Progress:
    """Watches the robots of one trial; knows nothing about the agent."""

    def __init__(self, spec: TrialSpec, max_episode_steps: int, probes: npt.NDArray[np.intp]) -> None:
        """Start with nothing seen.

        Args:
            spec: the trial.
            max_episode_steps: steps after which an episode is truncated.
            probes: robots that act deterministically, shape (n,); if it is empty, the return without noise is judged
                from robots that explore, as `WithoutNoise` does.
        """
        everyone = np.arange(spec.task.num_envs)
        rngs = np.random.default_rng([spec.seed, 1]).spawn(2)
        target = spec.objective.target if spec.objective.kind == "time_to_return" else None
        self.episodes = Episodes(spec.task.num_envs, probes)
        milestones = spec.objective.milestones
        self.goals = Goals(target, milestones, spec.budget_seconds, all_explore=not len(probes))
        self.ticks = TickGrid(spec.budget_seconds, spec.ticks)
        self._exploring = ReturnMonitor(np.setdiff1d(everyone, probes), max_episode_steps, rngs[0])
        self._probing = ReturnMonitor(probes, max_episode_steps, rngs[1]) if len(probes) else None
        self._estimated = probes if len(probes) else everyone
        self._metrics = MetricSums(self._estimated)
        self._check_grid = TickGrid(spec.budget_seconds, spec.ticks * CHECKS_PER_TICK)
        self.estimate: ReturnEstimate | None = None
        """The estimate of the last check; of the deterministic policy if there are probes or was an evaluation."""
        self.watched: ReturnEstimate | None = None
        """What the monitor said at the last check of the robots that it watches: the probes, or all that explore."""
        self.exploring: ReturnEstimate | None = None
        """The exploring robots' estimate of the last check."""
        self.last_return: float | None = None
        """The newest estimate there was, even if the last check gave none."""

    def observe(
        self,
        rewards: npt.NDArray[np.float32],
        dones: npt.NDArray[np.bool_],
        terminated: npt.NDArray[np.bool_],
        metrics: Metrics,
    ) -> None:
        """Take in one step of all robots, arrays of shape (num_envs,); and what the task measured."""
        ages = self.episodes.ages
        self._exploring.observe(ages, rewards, terminated)
        if self._probing is not None:
            self._probing.observe(ages, rewards, terminated)
        self._metrics.add(metrics)
        self.episodes.step(rewards, dones)

    def due(self, clock_seconds: float) -> bool:
        """Whether it is time for a check."""
        return self._check_grid.due(clock_seconds)

    def check(self, clock_seconds: float, counters: Counters, metrics: dict[str, float]) -> list[Tick]:
        """Estimate the return, compare it with the goals, and return the ticks that are due, oldest first.

        Args:
            clock_seconds: the training clock.
            counters: how far the trial has come.
            metrics: what the learner says about itself; the task's metrics since the last tick are added.
        """
        self._check_grid.pass_to(clock_seconds, Tick(index=0, clock_seconds=0.0))
        if self._probing is None or self.ticks.due(clock_seconds):  # with probes it is only shown
            self.exploring = self._exploring.estimate()
        self.watched = self.exploring if self._probing is None else self._probing.estimate()
        self.estimate = None if self.watched is None else self.goals.consider(self.watched, clock_seconds)
        if self.estimate is not None:
            self.last_return = self.estimate.mean
        if not self.ticks.due(clock_seconds):
            return []
        metrics = {**metrics, **self._taken_metrics()}
        return self.ticks.pass_to(clock_seconds, self._tick(counters, metrics))

    def conclude(self, evaluation: Evaluation, *, cost_seconds: float) -> bool:
        """Take in the evaluation of a pending crossing, and what it cost; return whether it confirmed the target."""
        return self.goals.conclude(evaluation, cost_seconds=cost_seconds)

    def _taken_metrics(self) -> dict[str, float]:
        """Return the means of the task's metrics since this was called last, under the names that ticks have."""
        means = self._metrics.means()
        self._metrics = MetricSums(self._estimated)
        return {f"{TASK_PREFIX}{name}": mean for name, mean in means.items()}

    def _tick(self, counters: Counters, metrics: dict[str, float]) -> Tick:
        estimate = self.estimate
        return Tick(
            index=0,
            clock_seconds=0.0,
            estimate=None if estimate is None else estimate.mean,
            low=None if estimate is None else estimate.low,
            high=None if estimate is None else estimate.high,
            best=self.goals.best,
            exploring=None if self.exploring is None else self.exploring.mean,
            finished=self.episodes.finished_mean,
            env_steps=counters.env_steps,
            updates=counters.updates,
            wall_seconds=counters.wall_seconds,
            metrics=metrics,
        )
