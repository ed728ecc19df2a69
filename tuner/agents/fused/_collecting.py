"""Collecting rollouts of thousands of robots without a Python loop over them."""

from typing import Any

import numpy as np
import numpy.typing as npt
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.type_aliases import RolloutReturn, TrainFreq
from stable_baselines3.common.vec_env import VecEnv

from tuner.agents.fused._box_alternatives import reward_lost
from tuner.agents.fused._replay_buffer import DeviceReplayBuffer
from tuner.clock import Ledger
from tuner.config import BoundsPenalty


class Collecting:
    """Stable-Baselines3's collecting of rollouts, for a buffer on the device.

    It does what `OffPolicyAlgorithm.collect_rollouts` does, in the same order, and leaves out what nobody here reads:
    the statistics of Monitor wrappers and the log of episodes.
    """

    ledger: Ledger
    replay_buffer: DeviceReplayBuffer
    redraw_noise: bool
    """Whether the next action draws new exploration noise, or holds each robot's last."""
    bounds_penalty: BoundsPenalty | None
    """What the stored rewards lose near the bounds."""

    def collect_rollouts(
        self,
        env: VecEnv,
        callback: BaseCallback,
        train_freq: TrainFreq,
        replay_buffer: Any,
        action_noise: ActionNoise | None = None,
        learning_starts: int = 0,
        log_interval: int | None = None,
    ) -> RolloutReturn:
        """Step all robots `train_freq.frequency` times and store it, booked to "act"; arguments as in the original."""
        del replay_buffer, action_noise, log_interval
        subject: Any = self
        hold = subject.sde_sample_freq
        if not self.replay_buffer.between_rollouts:
            subject.finish_updates()  # a rollout left early is completed, and inserted, within this one
        with self.ledger.account("act"):
            callback.on_rollout_start()
            for step in range(train_freq.frequency):
                self.redraw_noise = not subject.use_sde or step == 0 or (hold > 0 and step % hold == 0)
                actions, scaled = subject._sample_action(learning_starts, None, env.num_envs)
                observations, rewards, dones, infos = env.step(actions)
                subject.num_timesteps += env.num_envs
                callback.update_locals(locals())
                if not callback.on_step():
                    return RolloutReturn((step + 1) * env.num_envs, 0, continue_training=False)
                self._store(observations, scaled, rewards, dones, infos)
                subject._update_current_progress_remaining(subject.num_timesteps, subject._total_timesteps)
            callback.on_rollout_end()
        return RolloutReturn(train_freq.frequency * env.num_envs, 0, continue_training=True)

    def _store(
        self,
        observations: Any,
        scaled_actions: npt.NDArray[Any],
        rewards: npt.NDArray[Any],
        dones: npt.NDArray[np.bool_],
        infos: list[dict[str, Any]],
    ) -> None:
        """Store a step of all robots with observations as the task gave them, and remember where the robots are."""
        subject: Any = self
        normalize = subject._vec_normalize_env
        if normalize is None:
            before, after = subject._last_obs, observations
        else:
            before, after, rewards = (
                subject._last_original_obs,
                normalize.get_original_obs(),
                normalize.get_original_reward(),
            )
            subject._last_original_obs = after
        if self.bounds_penalty is not None:
            rewards = rewards - reward_lost(self.bounds_penalty, scaled_actions)
        subject._last_obs = observations
        ended = np.flatnonzero(dones)
        timeouts = np.zeros(len(dones), dtype=np.bool_)
        if ended.size:
            after = np.array(after)
            last = np.stack([infos[robot]["terminal_observation"] for robot in ended])
            after[ended] = last if normalize is None else normalize.unnormalize_obs(last)
            timeouts[ended] = [infos[robot].get("TimeLimit.truncated", False) for robot in ended]
        self.replay_buffer.add(before, after, scaled_actions, rewards, dones, timeouts)
