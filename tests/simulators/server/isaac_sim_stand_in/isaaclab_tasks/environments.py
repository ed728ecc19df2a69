"""Direct environments."""

import gymnasium
import numpy as np
import torch
from isaaclab.envs import DirectRLEnv


class DirectSprings(DirectRLEnv):
    """The springs, without managers."""

    def _pre_physics_step(self, actions):
        self._actions = actions.clone()

    def _apply_action(self):
        robot = self.scene["robot"]
        robot.set_joint_position_target(robot.data.default_joint_pos + 0.5 * self._actions)

    def _get_observations(self):
        robot = self.scene["robot"].data
        return {"policy": torch.cat((robot.joint_pos, robot.joint_vel), dim=1)}


class Camera(DirectSprings):
    """The springs, seen."""

    def __init__(self, cfg, render_mode=None, **kwargs):
        super().__init__(cfg, render_mode, **kwargs)
        self.single_observation_space = gymnasium.spaces.Dict(policy=gymnasium.spaces.Box(0, 1, (3, 8, 8), np.float32))


class SeveralAgents(DirectSprings):
    """The springs, each an agent."""

    def __init__(self, cfg, render_mode=None, **kwargs):
        super().__init__(cfg, render_mode, **kwargs)
        del self.single_action_space
