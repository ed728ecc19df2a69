"""Events."""

import torch


def randomize_rigid_body_com(env, env_ids, com_range, asset_cfg):
    """Add a random shift to where the centres of mass are now."""
    view = env.scene[asset_cfg.name].root_physx_view
    coms = view.get_coms().clone()
    low, high = com_range["x"]
    coms[:, asset_cfg.body_ids, 0] += low + (high - low) * torch.rand(len(coms), 1)
    view.set_coms(coms, torch.arange(len(coms)))


def reset_joints_by_offset(env, env_ids, position_range):
    """Let robots begin at random places."""
    robot = env.scene["robot"]
    low, high = position_range
    robot.data.joint_pos[env_ids] = low + (high - low) * torch.rand(len(env_ids), robot.num_joints)
    robot.data.joint_vel[env_ids] = 0.0
