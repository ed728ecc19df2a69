"""The agents that trials train: SBX's classes, with their seconds booked and with probe robots.

Each is a subclass that only adds; what it saves loads with the plain SBX class.
"""

import math
from typing import Any, ClassVar

import jax
import numpy as np
import numpy.typing as npt
import sbx
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from tuner.agents.shared.parameters import train_states
from tuner.clock import Ledger

STOCK_CLASSES: dict[str, Any] = {
    "sac": sbx.SAC,
    "tqc": sbx.TQC,
    "ppo": sbx.PPO,
    "td3": sbx.TD3,
    "crossq": sbx.CrossQ,
}
"""SBX's own class of each algorithm."""


class TimedAgent(BaseAlgorithm):
    """What all agents of a trial add to SBX: a ledger to which they book their seconds."""

    stock: ClassVar[Any]
    """The SBX class."""
    ledger: Ledger
    """Where seconds are booked: collecting to "act", updates to "learn". The environment books its own steps."""
    budget_seconds: float | None = None
    """The training clock over which schedules run, and which updates must not overrun; None lets schedules run over
    environment steps, as SBX does, and sets no limit."""
    steps_before: int = 0
    """Environment steps of the runs that this one goes on from; saved with the agent."""
    entropy_falls_from: int | None = None
    """Environment steps, those before included, at which the target entropy began to fall; None if it waits for a
    return, or does not fall. Saved with the agent."""
    _train_seconds: float = 0.0
    """How long the last update took."""

    @property
    def seconds_left(self) -> float:
        """What is left of the budget on the training clock; infinite without one."""
        return math.inf if self.budget_seconds is None else self.budget_seconds - self.ledger.training_seconds

    def collect_rollouts(self, *arguments: Any, **keywords: Any) -> Any:
        """Collect as SBX does, booked to "act", except for the seconds that environment and callbacks book."""
        with self.ledger.account("act"):
            return super().collect_rollouts(*arguments, **keywords)  # type: ignore[misc]

    def train(self, *arguments: Any, **keywords: Any) -> None:
        """Update as SBX does, booked to "learn" until the device has finished.

        Nothing is done if the last update took longer than what is left of the budget. It cannot be cut, because
        another number of gradient steps would first have to be compiled.
        """
        if self._train_seconds > self.seconds_left:
            return
        before = self.ledger.training_seconds
        with self.ledger.account("learn"):
            super().train(*arguments, **keywords)  # type: ignore[misc]
            jax.block_until_ready(train_states(self))  # type: ignore[no-untyped-call]
        self._train_seconds = self.ledger.training_seconds - before

    def _update_current_progress_remaining(self, num_timesteps: int, total_timesteps: int) -> None:
        """Set the share of the training that is left, from 1 to 0, which schedules are asked for."""
        if self.budget_seconds is None:
            super()._update_current_progress_remaining(num_timesteps, total_timesteps)
        else:
            self._current_progress_remaining = max(0.0, 1 - self.ledger.training_seconds / self.budget_seconds)

    def _excluded_save_params(self) -> list[str]:
        own = ["ledger", "budget_seconds", "_train_seconds", "probes", "exploration_std", "pretrained"]
        return [*super()._excluded_save_params(), *own]


class TimedOffPolicy(TimedAgent, OffPolicyAlgorithm):
    """What agents with a replay buffer add: probe robots and fast sampling of actions."""

    action_space: spaces.Box
    policy: Any
    _last_obs: Any
    probes: npt.NDArray[np.intp]
    """Robots that act deterministically at all times, shape (number of probes,)."""
    exploration_std: float
    """Standard deviation of Gaussian noise added to actions scaled to [-1, 1]."""
    pretrained: bool = False
    """Whether the agent starts from a policy, which acts from the first step; other agents begin at random."""

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the actions of all robots, in the task's units and scaled to [-1, 1], shape (n_envs, action_dim).

        It draws the same random numbers as SBX, but for all robots at once; probes act deterministically instead.
        """
        if self.acts_at_random(learning_starts):
            scaled = self.uniform_actions(n_envs)
        else:
            actions, _ = self.policy.predict(self._last_obs, deterministic=False)
            scaled = self.policy.scale_action(actions)
        if self.exploration_std > 0:
            scaled = self.with_exploration_noise(scaled)
        if self.probes.size:
            probing, _ = self.policy.predict(self._last_obs[self.probes], deterministic=True)
            scaled[self.probes] = self.policy.scale_action(probing)
        return self.policy.unscale_action(scaled), scaled

    def acts_at_random(self, learning_starts: int) -> bool:
        """Return whether actions are still drawn from the whole box, as SBX draws them before it learns."""
        return (
            self.num_timesteps < learning_starts
            and not self.pretrained
            and not (self.use_sde and self.use_sde_at_warmup)
        )

    def uniform_actions(self, count: int) -> npt.NDArray[np.float32]:
        """Draw actions uniformly from the action box, scaled to [-1, 1], shape (count, action_dim)."""
        box = self.action_space
        drawn = box.np_random.uniform(box.low, box.high, size=(count, *box.shape)).astype(np.float32)
        scaled: npt.NDArray[np.float32] = self.policy.scale_action(drawn)
        return scaled

    def with_exploration_noise(self, scaled: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return actions scaled to [-1, 1] with Gaussian noise added, shape (n_envs, action_dim)."""
        noise = np.random.normal(0.0, self.exploration_std, scaled.shape)
        return np.clip(scaled + noise, -1, 1).astype(np.float32)


class TimedSAC(TimedOffPolicy, sbx.SAC):  # type: ignore[misc]
    """SBX's SAC."""

    stock = sbx.SAC


class TimedTQC(TimedOffPolicy, sbx.TQC):  # type: ignore[misc]
    """SBX's TQC."""

    stock = sbx.TQC


class TimedTD3(TimedOffPolicy, sbx.TD3):  # type: ignore[misc]
    """SBX's TD3."""

    stock = sbx.TD3


class TimedCrossQ(TimedOffPolicy, sbx.CrossQ):  # type: ignore[misc]
    """SBX's CrossQ."""

    stock = sbx.CrossQ


class TimedPPO(TimedAgent, sbx.PPO):  # type: ignore[misc]
    """SBX's PPO."""

    stock = sbx.PPO


TIMED_CLASSES: dict[str, Any] = {
    "sac": TimedSAC,
    "tqc": TimedTQC,
    "ppo": TimedPPO,
    "td3": TimedTD3,
    "crossq": TimedCrossQ,
}
"""The class that trials train, for each algorithm."""
