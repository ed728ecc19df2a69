"""The wrapper that imposes the agent's action box, whatever the simulator declared."""

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from tuner.config import ActionBox
from tuner.errors import UserError


class BoundedActions(VecEnvWrapper):
    """Clips every action into the agent's own absolute box and declares that box as the action space.

    Always the outermost wrapper. The task's own box plays no part any more: it may be narrower, wider or infinite.
    """

    def __init__(self, venv: VecEnv, box: ActionBox) -> None:
        """Wrap an environment.

        Args:
            venv: the environment, with a Box action space of shape (action_dim,).
            box: bounds in the task's own units, one pair for each action dimension.

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
        self._low = np.asarray(box.low, dtype=np.float32)
        self._high = np.asarray(box.high, dtype=np.float32)
        super().__init__(venv, action_space=spaces.Box(self._low, self._high, dtype=np.float32))

    def step_async(self, actions: npt.NDArray[np.float32]) -> None:
        """Pass the clipped actions on; `actions` has shape (num_envs, action_dim) and is left as it is."""
        self.venv.step_async(np.clip(actions, self._low, self._high))

    def step_wait(self) -> VecEnvStepReturn:
        """Return the wrapped environment's step."""
        return self.venv.step_wait()

    def reset(self) -> VecEnvObs:
        """Reset the wrapped environment; return its observations."""
        return self.venv.reset()
