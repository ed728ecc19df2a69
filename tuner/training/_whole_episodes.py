"""One whole episode of every robot, from a full reset to failure or time-out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.vec_env import VecEnv

from tuner.training._meter import Meter
from tuner.training._metric_sums import MetricSums

Act = Callable[[Any], npt.NDArray[np.float32]]
"""From observations, shape (num_envs, observation_dim), to actions, shape (num_envs, action_dim)."""


@dataclass(frozen=True)
class WholeEpisodes:
    """Results of episodes; arrays of shape (episodes,)."""

    returns: npt.NDArray[np.float64]
    """Undiscounted sum of the task's own rewards."""
    lengths: npt.NDArray[np.intp]
    """Control steps."""
    failed: npt.NDArray[np.bool_]
    """Whether the episode ended by failure and not by time."""
    metrics: MetricSums
    """What the task measured, up to the last step of each episode."""

    @classmethod
    def joined(cls, rounds: list[Self]) -> Self:
        """Return the episodes of several rounds, one after the other."""
        return cls(
            np.concatenate([each.returns for each in rounds]),
            np.concatenate([each.lengths for each in rounds]),
            np.concatenate([each.failed for each in rounds]),
            MetricSums.joined([each.metrics for each in rounds]),
        )

    def first(self, count: int) -> "WholeEpisodes":
        """Return the first `count` episodes; which ones they are does not depend on their results."""
        return WholeEpisodes(self.returns[:count], self.lengths[:count], self.failed[:count], self.metrics.first(count))


def run_whole_episodes(
    env: VecEnv, meter: Meter, act: Act, *, max_episode_steps: int, go_on: Callable[[], bool] = lambda: True
) -> WholeEpisodes | None:
    """Reset all robots, and step until each of them has finished its first episode.

    The task should not spread ages, because a robot that starts with an age has a shorter episode.

    Args:
        env: the whole stack of wrappers, `meter` among them.
        meter: reads the raw rewards and what ended the episodes.
        act: the policy.
        max_episode_steps: steps after which an episode is truncated.
        go_on: asked before every step; False stops.

    Returns:
        The episodes by robot, None if it was stopped.
    """
    running = np.ones(env.num_envs, dtype=np.bool_)
    failed = np.zeros(env.num_envs, dtype=np.bool_)
    returns = np.zeros(env.num_envs, dtype=np.float64)
    lengths = np.zeros(env.num_envs, dtype=np.intp)
    metrics = MetricSums(np.arange(env.num_envs))
    observations: Any = env.reset()
    for _ in range(max_episode_steps):
        if not go_on():
            return None
        observations, _, dones, _ = env.step(act(observations))
        returns += np.where(running, meter.rewards, 0.0)
        lengths += running
        failed |= running & meter.terminated
        metrics.add(meter.metrics, running)
        running &= ~dones
        if not running.any():
            break
    return WholeEpisodes(returns, lengths, failed, metrics)
