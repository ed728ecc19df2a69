"""What an exported configuration needs in addition to SBX: action box, bonus for living, initial standard deviation.

Files exported for RL Zoo refer to them. Files for SBX and Isaac Lab contain their source, so they do not need this
package.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper


class ActionBox(VecEnvWrapper):
    """Gives an agent its own action box, whatever box the task declares. Actions are clipped to it."""

    def __init__(self, venv: VecEnv, low: Sequence[float], high: Sequence[float]) -> None:
        self._low, self._high = np.asarray(low, np.float32), np.asarray(high, np.float32)
        super().__init__(venv, action_space=spaces.Box(self._low, self._high, dtype=np.float32))

    def step_async(self, actions: Any) -> None:
        """Pass the clipped actions on."""
        self.venv.step_async(np.clip(actions, self._low, self._high))

    def step_wait(self) -> Any:
        """Return the wrapped environment's step."""
        return self.venv.step_wait()

    def reset(self) -> Any:
        """Reset the wrapped environment."""
        return self.venv.reset()


class AliveBonus(VecEnvWrapper):
    """Adds a bonus to the reward of every step that does not end in failure; a time-out is none.

    It is for the learner only: wrap it around what measures returns. Wrap VecNormalize around it, because a replay
    buffer gets the rewards that VecNormalize was given.
    """

    def __init__(self, venv: VecEnv, bonus: float) -> None:
        super().__init__(venv)
        self._bonus = np.float32(bonus)

    def step_wait(self) -> Any:
        """Return the wrapped environment's step with the bonus in its rewards."""
        observations, rewards, dones, infos = self.venv.step_wait()
        alive = ~np.asarray(dones, np.bool_)
        for robot in np.flatnonzero(dones):
            alive[robot] = infos[robot].get("TimeLimit.truncated", False)
        return observations, rewards + self._bonus * alive, dones, infos

    def reset(self) -> Any:
        """Reset the wrapped environment."""
        return self.venv.reset()


def set_initial_std(agent: Any, std: float | Sequence[float]) -> None:
    """Let an untrained SAC, TQC or CrossQ explore with `std`, before squashing, in every state: one, or one an action.

    SBX has no argument for it. The actor's last layer computes the logarithm of the standard deviation: its kernel
    becomes zero and its bias ln(std); both learn as usual afterwards.
    """
    state = agent.policy.actor_state
    nested = "params" in state.params  # CrossQ keeps them apart from its batch statistics
    layers = dict(state.params["params"] if nested else state.params)
    last = max(
        (name for name in layers if name.startswith("Dense_")), key=lambda name: int(name.removeprefix("Dense_"))
    )
    kernel, bias = layers[last]["kernel"], layers[last]["bias"]
    layers[last] = {**layers[last], "kernel": kernel * 0, "bias": bias * 0 + np.log(std)}
    agent.policy.actor_state = state.replace(params={**state.params, "params": layers} if nested else layers)
