"""SBX's SAC and TQC with a fused learner: the same updates, drawn, normalised and made in one compiled program."""

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.type_aliases import RolloutReturn, TrainFreq
from stable_baselines3.common.vec_env import VecEnv

from tuner.agents.fused._box_alternatives import reward_lost
from tuner.agents.fused._initialization import compiled_initialization
from tuner.agents.fused._learner import FusedLearner
from tuner.agents.fused._replay_buffer import DeviceReplayBuffer
from tuner.agents.fused._saved_form import as_saved
from tuner.agents.stock import TimedOffPolicy, TimedSAC, TimedTQC


class FusedAgent(TimedOffPolicy):
    """An agent of SBX that collects for a buffer on the device, and leaves acting and updating to its learner.

    Collecting is that of `OffPolicyAlgorithm.collect_rollouts`, in the same order, without a Python loop over the
    robots. It leaves out what is not used here: the statistics of Monitor wrappers and the log of episodes.
    """

    critic_names: ClassVar[tuple[str, ...]]
    """The policy's attributes that hold its critics' train states."""
    learner: FusedLearner
    """Set by `build_agent`, which starts it when the agent's parameters are final."""
    replay_buffer: DeviceReplayBuffer  # type: ignore[assignment]
    observation_space: spaces.Box
    train_freq: TrainFreq  # type: ignore[assignment]

    def _setup_model(self) -> None:
        with compiled_initialization(self):
            super()._setup_model()
        if self.gradient_steps < 0:
            self.gradient_steps = self.train_freq.frequency * self.n_envs  # what SBX means by -1

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
        hold = self.sde_sample_freq
        if not self.replay_buffer.between_rollouts:
            self.learner.finish_updates()  # a rollout left early is completed, and inserted, within this one
        with self.ledger.account("act"):
            callback.on_rollout_start()
            for step in range(train_freq.frequency):
                self.learner.redraw_noise = not self.use_sde or step == 0 or (hold > 0 and step % hold == 0)
                actions, scaled = self._sample_action(learning_starts, None, env.num_envs)
                observations, rewards, dones, infos = env.step(actions)
                self.num_timesteps += env.num_envs
                callback.update_locals(locals())
                if not callback.on_step():
                    return RolloutReturn((step + 1) * env.num_envs, 0, continue_training=False)
                self._store(observations, scaled, rewards, dones, infos)
                self._update_current_progress_remaining(self.num_timesteps, self._total_timesteps)
            callback.on_rollout_end()
        return RolloutReturn(train_freq.frequency * env.num_envs, 0, continue_training=True)

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the actions of all robots, in the task's units and scaled to [-1, 1], shape (n_envs, action_dim)."""
        scaled = self.learner.act(self._last_obs)
        exploring = ~self.learner.probing
        if self.acts_at_random(learning_starts):
            scaled[exploring] = self.uniform_actions(self.n_envs)[exploring]
        if self.exploration_std > 0:
            scaled[exploring] = self.with_exploration_noise(scaled)[exploring]
        scaled = self.learner.within_box(scaled)
        return self.policy.unscale_action(scaled), scaled

    def acts_at_random(self, learning_starts: int) -> bool:
        """Return whether actions are still drawn from the whole box, which only bounds those that are squashed."""
        return self.learner.config.squash and super().acts_at_random(learning_starts)

    def _store(
        self,
        observations: Any,
        scaled_actions: npt.NDArray[Any],
        rewards: npt.NDArray[Any],
        dones: npt.NDArray[np.bool_],
        infos: list[dict[str, Any]],
    ) -> None:
        """Store a step of all robots with observations as the task gave them, and remember where the robots are."""
        config, normalize = self.learner.config, self._vec_normalize_env
        before, after = self._last_obs, observations
        if normalize is not None:
            before, after = self._last_original_obs, normalize.get_original_obs()
            rewards = normalize.get_original_reward()
            self._last_original_obs = after
        if config.bounds_penalty is not None:
            rewards = rewards - reward_lost(config.bounds_penalty, scaled_actions)
        self._last_obs = observations
        ended = np.flatnonzero(dones)
        timeouts = np.zeros(len(dones), dtype=np.bool_)
        if ended.size:
            after = np.array(after)
            last = np.stack([infos[robot]["terminal_observation"] for robot in ended])
            after[ended] = last if normalize is None else normalize.unnormalize_obs(last)
            timeouts[ended] = [infos[robot].get("TimeLimit.truncated", False) for robot in ended]
        if config.alive_bonus:
            rewards = rewards + np.float32(config.alive_bonus) * (timeouts | ~dones)
        self.replay_buffer.add(before, after, scaled_actions, rewards, dones, timeouts)

    def train(self, gradient_steps: int, batch_size: int) -> None:
        """Let the learner make gradient steps while the next rollout is collected; see `FusedLearner.train`.

        Args:
            gradient_steps: as the agent was built with.
            batch_size: the same.
        """
        del batch_size
        self._n_updates += self.learner.train(gradient_steps)

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[npt.NDArray[Any], Any]:
        """Return actions as SBX does; for all robots at once, deterministically, with a program compiled already."""
        shape = self.observation_space.shape
        everyone = np.shape(observation) == (self.n_envs, *shape)
        if self.learner.acts_as_sbx and not (deterministic and everyone):
            return super().predict(observation, state, episode_start, deterministic)
        rows = np.asarray(observation, dtype=np.float32).reshape(-1, *shape)
        actions = self.learner.predict(rows, deterministic=deterministic)
        return actions.reshape(*np.shape(observation)[: -len(shape)], *actions.shape[1:]), state

    def save(self, *arguments: Any, **keywords: Any) -> None:
        """Save as SBX does, once all updates are made, in the form in which plain SBX acts as the agent does."""
        self.learner.finish_updates()
        with as_saved(self, squash=self.learner.config.squash, box_share=self.learner.box_share()):
            super().save(*arguments, **keywords)

    def _excluded_save_params(self) -> list[str]:
        # Plain SBX does not know the learner, and makes its own buffer.
        return [*super()._excluded_save_params(), "learner", "replay_buffer_class", "replay_buffer_kwargs"]


class FusedSAC(FusedAgent, TimedSAC):
    """SBX's SAC with the fused learner; what it saves loads with `sbx.SAC.load`."""

    critic_names = ("qf_state",)


class FusedTQC(FusedAgent, TimedTQC):
    """SBX's TQC with the fused learner; what it saves loads with `sbx.TQC.load`."""

    critic_names = ("qf1_state", "qf2_state")


FUSED_CLASSES: dict[str, Any] = {"sac": FusedSAC, "tqc": FusedTQC}
"""The class that trials train with the fused learner, for each algorithm that has one."""
