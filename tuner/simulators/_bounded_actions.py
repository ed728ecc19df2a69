"""The wrapper that imposes the agent's action box, whatever the simulator declared."""

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from tuner.config import ActionBox, AgentConfig
from tuner.errors import UserError


class BoundedActions(VecEnvWrapper):
    """Clips every action into the agent's own absolute box and declares that box as the action space.

    Always the outermost wrapper. The task's own box, which may be narrower, wider or infinite, is not used. An agent
    whose actor is not squashed is the exception: its box is the unit of its actions, which are clipped into the task's
    own box.
    """

    def __init__(self, venv: VecEnv, box: ActionBox, *, clip: bool = True) -> None:
        """Wrap an environment.

        Args:
            venv: the environment, with a Box action space of shape (action_dim,).
            box: bounds in the task's own units, one pair for each action dimension.
            clip: False clips into the task's own box instead.

        Raises:
            UserError: if the task's actions are not a flat Box, or the box has another number of dimensions.
        """
        own = venv.action_space
        if not isinstance(own, spaces.Box) or len(own.shape) != 1:
            raise UserError(f"The action box needs a task with a one-dimensional Box action space, but it has {own}.")
        if len(box.low) != own.shape[0]:
            raise UserError(
                f"The agent's action box has {len(box.low)} dimensions, the task's has {own.shape[0]}. "
                "Give one pair of bounds for each action dimension."
            )
        declared = spaces.Box(
            np.asarray(box.low, dtype=np.float32), np.asarray(box.high, dtype=np.float32), dtype=np.float32
        )
        limits = declared if clip else own
        self._low: npt.NDArray[Any] = limits.low
        self._high: npt.NDArray[Any] = limits.high
        super().__init__(venv, action_space=declared)

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        """Pass the clipped actions on; `actions` has shape (num_envs, action_dim) and is not changed."""
        self.venv.step_async(np.clip(actions, self._low, self._high))

    def step_wait(self) -> VecEnvStepReturn:
        """Return the wrapped environment's step."""
        return self.venv.step_wait()

    def reset(self) -> VecEnvObs:
        """Reset the wrapped environment; return its observations."""
        return self.venv.reset()


def bound_actions(venv: VecEnv, config: AgentConfig) -> BoundedActions:
    """Wrap an environment for an agent, whose action box must be resolved to absolute numbers.

    Raises:
        UserError: as `BoundedActions` does.
        ValueError: if the box is not resolved.
    """
    if config.action_box is None:
        raise ValueError("the agent's action box is not resolved to absolute numbers")
    return BoundedActions(venv, config.action_box, clip=config.squash)
