"""Tell an agent that its robots were reset from outside.

An evaluation in the training environment moves all robots away in the middle of their episodes. Without these two
calls the agent would join the steps before and after into trajectories that never happened.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.base_class import BaseAlgorithm

from tuner.agents.fused import DeviceReplayBuffer


def mark_interruption(agent: BaseAlgorithm) -> None:
    """End the stored trajectories here, as a time-out would: their last step bootstraps from its true successor.

    Call it between rollouts (from a callback's `on_rollout_start` or `on_rollout_end`), never within one: SB3 stores a
    step only after `on_step`. n-step returns stop at the last stored step instead of crossing into the next
    trajectory; steps that ended by failure stay failures. One-step transitions need no mark, because they are stored
    with their successor. For PPO the next step counts as the first of an episode; its finished rollout has already
    bootstrapped from the last values.
    """
    subject: Any = agent
    if hasattr(subject, "rollout_buffer"):
        subject._last_episode_starts = np.ones(subject.n_envs, dtype=bool)
        return
    buffer = subject.replay_buffer
    if isinstance(buffer, DeviceReplayBuffer):
        buffer.interrupt()
        return
    if buffer.size() == 0:
        return
    last = buffer.pos - 1  # -1 is the last row of a full buffer
    buffer.timeouts[last] = np.logical_or(buffer.timeouts[last], np.logical_not(buffer.dones[last]))


def restart_from(agent: BaseAlgorithm, observations: npt.NDArray[Any]) -> None:
    """Let the agent act next on the robots' new observations; call it after `mark_interruption`, between rollouts.

    Args:
        agent: an agent that has started to learn.
        observations: as the task gave them when the robots were reset, not normalised, shape (n_envs, observation_dim).
            They do not enter the normalisation's statistics.
    """
    subject: Any = agent
    normalize = subject._vec_normalize_env
    if normalize is None:
        subject._last_obs = np.array(observations)
        return
    normalize.old_obs = np.array(observations)
    subject._last_original_obs = np.array(observations)
    subject._last_obs = normalize.normalize_obs(observations)
