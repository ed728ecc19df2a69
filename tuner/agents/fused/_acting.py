"""How an agent with the fused learner acts: in training, exploring, and when it is asked for its policy."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.noise import ActionNoise

from tuner.agents.fused._box_alternatives import box_share
from tuner.agents.fused._collecting import Collecting
from tuner.agents.fused._programs import Programs
from tuner.agents.fused._updates import Losses
from tuner.clock import Ledger
from tuner.config import AgentConfig


class Acting(Collecting):
    """Actions of all robots from compiled programs, in the part of the action box that is open.

    Where acting shares its device with learning, the next part of an update is handed over right after the actions
    were computed; see `FusedLearner`, which also sets what is declared here.
    """

    config: AgentConfig
    """What the agent was built from."""
    ledger: Ledger
    policy: Any
    n_envs: int
    observation_space: spaces.Box
    _programs: Programs
    _noise_keys: jax.Array
    _acting: Any
    """The actor's parameters that act."""
    _probing: npt.NDArray[np.bool_]
    _losses: Losses | None
    _acting_device: Any | None
    _calls_left: int
    _calls_per_step: int
    _thread: ThreadPoolExecutor
    _handing_over: Future[None] | None

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
        if self._acts_as_sbx and not (deterministic and everyone):
            return super().predict(observation, state, episode_start, deterministic)  # type: ignore[misc, no-any-return]
        rows = np.asarray(observation, dtype=np.float32).reshape(-1, *shape)
        parameters = self.policy.actor_state.params
        if deterministic:
            drawn = self._programs.mode(parameters, rows)
        else:
            self.policy.reset_noise()
            drawn = self._programs.draw(parameters, rows, self.policy.noise_key)
        actions = self.policy.unscale_action(self._within_box(np.array(drawn)))
        return actions.reshape(*np.shape(observation)[: -len(shape)], *actions.shape[1:]), state

    def box_share(self) -> float:
        """Return the share of the action box that is open now."""
        schedule = self.config.action_box_schedule
        return 1.0 if schedule is None else box_share(schedule, self.ledger.training_seconds)

    def acts_at_random(self, learning_starts: int) -> bool:
        """Return whether actions are still drawn from the whole box, which only bounds those that are squashed."""
        return self.config.squash and super().acts_at_random(learning_starts)  # type: ignore[misc]

    @property
    def _acts_as_sbx(self) -> bool:
        return self.config.squash and self.config.action_box_schedule is None

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the actions of all robots, in the task's units and scaled to [-1, 1], shape (n_envs, action_dim)."""
        subject: Any = self
        shared = self._acting_device is None
        if shared:
            with self.ledger.account("learn"):
                subject._join()
                jax.block_until_ready(self._losses)  # type: ignore[no-untyped-call]
        drawn, self._noise_keys = self._programs.act(
            self._acting, subject._last_obs, self._probing, self._noise_keys, np.bool_(self.redraw_noise)
        )
        scaled = np.array(drawn)
        calls = min(self._calls_left, self._calls_per_step)
        if shared and calls:
            self._handing_over = self._thread.submit(subject._hand_over, calls)
        exploring = ~self._probing
        if self.acts_at_random(learning_starts):
            scaled[exploring] = subject.uniform_actions(self.n_envs)[exploring]
        if subject.exploration_std > 0:
            scaled[exploring] = subject.with_exploration_noise(scaled)[exploring]
        scaled = self._within_box(scaled)
        return self.policy.unscale_action(scaled), scaled

    def _within_box(self, actions: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return actions scaled to the part of the box that is open as actions scaled to the whole."""
        if self.config.action_box_schedule is None:
            return actions
        return actions * np.float32(self.box_share())
