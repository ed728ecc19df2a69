"""A policy under plain SBX, as it acts on its task: deterministically, or exploring as it does in training."""

from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from tuner.agents import noise_hold
from tuner.errors import UserError
from tuner.policies import Policy
from tuner.simulators import BoundedActions, TaskEnv, bound_actions
from tuner.training import Meter, check_joints


class ActingPolicy:
    """Gives the actions of all robots of one task.

    Args:
        policy: the policy.
        task: the task that it acts on.
        seed: seeds its exploration.
        deterministic: True for actions without exploration.

    Raises:
        UserError: if the policy does not fit the task.
    """

    def __init__(self, policy: Policy, task: TaskEnv, *, seed: int, deterministic: bool) -> None:
        shape = policy.agent.observation_space.shape
        if shape != task.observation_space.shape:
            raise UserError(
                f"The policy takes observations of shape {shape}, but those of {policy.task.id} are of shape "
                f"{task.observation_space.shape}: it was trained on another task, or on another version of this one."
            )
        check_joints(policy.joints, task)
        self._agent = policy.agent
        self._normalize = policy.normalize
        self._deterministic = deterministic
        self._noise_std = 0.0 if deterministic else float(policy.config.arguments.get("action_noise") or 0.0)  # type: ignore[arg-type]
        self._random = np.random.default_rng(seed)
        self._hold = noise_hold(policy.agent)
        self._steps = 0
        self._agent.policy.key = jax.random.PRNGKey(seed)

    def __call__(self, observations: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
        """Return actions in the task's units, shape (robots, action_dim), of the task's own observations."""
        policy: Any = self._agent.policy
        if self._hold is not None and self._steps % self._hold == 0:
            policy.reset_noise()  # without a hold, SBX itself draws new noise at every call
        self._steps += 1
        actions: npt.NDArray[np.float32]
        actions, _ = self._agent.predict(self._normalize(observations), deterministic=self._deterministic)
        if self._noise_std:
            scaled = policy.scale_action(actions) + self._random.normal(0.0, self._noise_std, actions.shape)
            actions = policy.unscale_action(np.clip(scaled, -1, 1).astype(np.float32))
        return actions


def bounded(env: TaskEnv | Meter, task: TaskEnv, policy: Policy) -> BoundedActions:
    """Return the environment within the policy's action box."""
    box = policy.box_in(task)
    return bound_actions(env, policy.config.model_copy(update={"action_box": box, "action_bound_fraction": None}))
