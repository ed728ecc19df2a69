"""Robots of two masses on springs, which actions pull."""

from types import SimpleNamespace

import torch

JOINTS = ["slide", "swing"]


class View:
    """Physics that is set from outside; quaternions follow the places of the centres of mass."""

    def __init__(self, robots):
        self._coms = torch.zeros(robots, 1, 7)

    def get_coms(self):
        return self._coms

    def set_coms(self, coms, indices):
        self._coms[indices] = coms[indices]


class Articulation:
    """All robots of a scene."""

    def __init__(self, robots):
        self.num_joints = len(JOINTS)
        self.root_physx_view = View(robots)
        default = torch.tensor([0.1, -0.1]).repeat(robots, 1)
        limits = torch.tensor([[-2.0, 2.0], [-1.5, 1.5]]).repeat(robots, 1, 1)
        self.data = SimpleNamespace(
            joint_pos=default.clone(),
            joint_vel=torch.zeros_like(default),
            default_joint_pos=default,
            joint_pos_limits=limits,
        )
        self._target = default.clone()

    def set_joint_position_target(self, target):
        self._target[:] = target

    def simulate(self, dt):
        """Go on by a time step, in seconds."""
        shift = self.root_physx_view.get_coms()[:, :, 0]
        pull = 20.0 * (self._target - self.data.joint_pos + shift) - 2.0 * self.data.joint_vel
        self.data.joint_vel += dt * pull
        self.data.joint_pos += dt * self.data.joint_vel
