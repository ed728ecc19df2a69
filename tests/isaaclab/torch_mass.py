"""Masses on a line with the interface of Isaac Lab's environments: torch tensors in buffers that each step overwrites.

A step lasts 0.1 s: v ← v + 0.1·a, then x ← x + 0.1·v. The episode fails where |x| > 1 and ends after 20 steps. As in
Isaac Lab, a step resets the robots whose episodes end, and observes all robots afterwards.
"""

import numpy as np
import torch
from gymnasium import spaces

STEPS = 20
PERIOD = 0.1


class TorchMass:
    """`num_envs` masses; observations are position, velocity and the last action."""

    device = "cpu"
    render_mode = None
    max_episode_length = STEPS
    step_dt = PERIOD

    def __init__(self, num_envs):
        self.num_envs = num_envs
        self.single_observation_space = spaces.Dict({"policy": spaces.Box(-np.inf, np.inf, (3,), np.float32)})
        self.single_action_space = spaces.Box(-np.inf, np.inf, (1,), np.float32)
        self.unwrapped = self
        self.arrived = []
        """The actions of every step."""
        self.episode_length_buf = torch.zeros(num_envs, dtype=torch.long)
        self._state = torch.zeros(num_envs, 3)
        self._reward = torch.zeros(num_envs)
        self._terminated, self._truncated = (torch.zeros(num_envs, dtype=torch.bool) for _ in range(2))
        self._random = torch.Generator()

    def seed(self, seed):
        """Seed the resets."""
        self._random.manual_seed(seed)

    def reset(self, seed=None):
        """Reset all robots."""
        if seed is not None:
            self.seed(seed)
        self._reset_idx(torch.arange(self.num_envs))
        return {"policy": self._state.clone()}, {}

    def step(self, action):
        """Step all robots; true final observations are in the extras, as Isaac Lab 3 puts them there."""
        self.arrived.append(action.numpy().copy())
        self._state[:] = moved(self._state, action)
        self.episode_length_buf += 1
        self._reward[:] = 1 - self._state[:, 0] ** 2
        self._terminated[:] = self._state[:, 0].abs() > 1
        self._truncated[:] = self.episode_length_buf >= STEPS
        ended = (self._terminated | self._truncated).nonzero().flatten()
        extras = {"final_obs": {"policy": self._state.clone()}}
        self._reset_idx(ended)
        return {"policy": self._state.clone()}, self._reward, self._terminated, self._truncated, extras

    def close(self):
        """Close nothing."""

    def _reset_idx(self, robots):
        self.episode_length_buf[robots] = 0
        starts = torch.rand(len(robots), generator=self._random) - 0.5
        self._state[robots] = torch.stack([starts, torch.zeros_like(starts), torch.zeros_like(starts)], dim=1)


def moved(state, action):
    """Return where the masses are a step later, of states and actions as tensors with one row for each robot."""
    velocity = state[:, 1] + PERIOD * action[:, 0]
    return torch.stack([state[:, 0] + PERIOD * velocity, velocity, action[:, 0]], dim=1)
