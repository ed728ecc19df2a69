"""What the frozen deterministic policy really earns, measured off the clock on the trial's own robots."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from tuner.agents import mark_interruption, restart_from
from tuner.records import Evaluation
from tuner.simulators import TaskEnv
from tuner.training._channel import Channel
from tuner.training._meter import Meter
from tuner.training._whole_episodes import WholeEpisodes, run_whole_episodes

MIN_EPISODES = 8
"""Fewer robots than this are each evaluated over several episodes, so that the mean has a standard error."""


class Evaluator:
    """Runs whole episodes of all robots with the policy frozen, then lets training go on as if nothing had happened."""

    def __init__(self, agent: BaseAlgorithm, env: VecEnv, task: TaskEnv, meter: Meter, channel: Channel) -> None:
        """Evaluate an agent on its own environment.

        Args:
            agent: the agent that trains on `env`.
            env: the whole stack of wrappers around `task`, `meter` among them.
            task: the task itself.
            meter: reads the raw rewards.
            channel: gets signs of life, and is asked whether to stop.
        """
        self._agent = agent
        self._env = env
        self._task = task
        self._meter = meter
        self._channel = channel

    def evaluate(self, clock_seconds: float, *, deterministic: bool = True) -> tuple[Evaluation | None, bool]:
        """Evaluate the policy. Call it between rollouts, with the ledger on `evaluate`.

        Episodes start from a full reset without spread ages; normalisation statistics are frozen; actions are bounded
        as in training. Afterwards the simulation is back in the state it was in. Where the simulator cannot do that,
        robots start new episodes with spread ages, and the agent treats their trajectories as cut.

        Args:
            clock_seconds: the training clock now, for the record.
            deterministic: False evaluates the policy as it explores instead.

        Returns:
            The evaluation, None if it was cut short by a request to stop; and whether the robots had to be reset.

        Raises:
            NonFiniteError: if the simulation diverges.
        """
        state = self._task.get_state()
        normalizer: Any = self._agent.get_vec_normalize_env()
        spread, self._task.spread_ages = self._task.spread_ages, False
        self._meter.booking = False
        if normalizer is not None:
            normalizer.training = False
        try:
            evaluation = self._run_episodes(clock_seconds, deterministic)
        finally:
            self._task.spread_ages = spread
            self._meter.booking = True
            if normalizer is not None:
                normalizer.training = True
        if state is None:
            self._restart()
            return evaluation, True
        # The agent still holds the last observations of this very state; the wrappers below keep nothing else of a
        # step.
        self._task.set_state(state)
        return evaluation, False

    def _run_episodes(self, clock_seconds: float, deterministic: bool) -> Evaluation | None:
        def act(observations: Any) -> npt.NDArray[np.float32]:
            actions: npt.NDArray[np.float32] = self._agent.predict(observations, deterministic=deterministic)[0]
            return actions

        rounds = []
        for _ in range(math.ceil(MIN_EPISODES / self._env.num_envs)):
            episodes = run_whole_episodes(
                self._env, self._meter, act, max_episode_steps=self._task.max_episode_steps, go_on=self._go_on
            )
            if episodes is None:
                return None
            rounds.append(episodes)
        found = WholeEpisodes.joined(rounds)
        return Evaluation(
            clock_seconds=clock_seconds,
            mean=float(found.returns.mean()),
            standard_error=float(found.returns.std(ddof=1) / math.sqrt(len(found.returns))),
            episodes=len(found.returns),
            mean_length=float(found.lengths.mean()),
            failed=float(found.failed.mean()),
            metrics=found.metrics.means(),
        )

    def _go_on(self) -> bool:
        self._channel.alive()
        return self._channel.stop_requested() is None

    def _restart(self) -> None:
        """Start new episodes and tell the agent, whose last observations belong to the episodes before."""
        observations: Any = self._task.reset()
        mark_interruption(self._agent)
        restart_from(self._agent, observations)
