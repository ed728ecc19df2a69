"""What an exported configuration needs besides SBX: action box, initial standard deviation, penalty on the means.

Files exported for RL Zoo name these; those for SBX and Isaac Lab carry their source with them, so that it uses
nothing of this package.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper

from tuner.agents import penalizing_means

__all__ = ["ActionBox", "InitialStd", "penalizing_means", "set_initial_std"]


class ActionBox(VecEnvWrapper):
    """Lets an agent act in a box of its own, whatever box the task declares; actions are clipped into it."""

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


def set_initial_std(agent: Any, std: float) -> None:
    """Let an untrained SAC, TQC or CrossQ explore with `std`, before squashing, in every state.

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
    layers[last] = {**layers[last], "kernel": kernel * 0, "bias": bias * 0 + math.log(std)}
    agent.policy.actor_state = state.replace(params={**state.params, "params": layers} if nested else layers)


class InitialStd(BaseCallback):
    """Gives an untrained SAC, TQC or CrossQ its initial standard deviation before it acts."""

    def __init__(self, std: float) -> None:
        """Take the standard deviation before squashing."""
        super().__init__()
        self._std = std

    def _init_callback(self) -> None:
        agent: Any = self.model
        if agent._n_updates == 0:  # one that goes on keeps what it has learned
            set_initial_std(agent, self._std)

    def _on_step(self) -> bool:
        return True
