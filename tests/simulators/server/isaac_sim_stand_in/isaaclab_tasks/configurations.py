"""Configurations of tasks."""

from isaaclab.envs import mdp
from isaaclab.utils import Config


def managed():
    """Return that of a task of managers."""
    config = direct()
    config.commands = Config(goal=Config(debug_vis=True))
    robot = Config(name="robot", body_ids=slice(None))
    config.events.base_com = Config(
        func=mdp.randomize_rigid_body_com, mode="startup", params={"com_range": {"x": (-0.2, 0.2)}, "asset_cfg": robot}
    )
    return config


def direct():
    """Return that of a direct task."""
    joints = Config(func=mdp.reset_joints_by_offset, mode="reset", params={"position_range": (-0.3, 0.3)})
    return Config(
        scene=Config(num_envs=4096, env_spacing=4.0),
        sim=Config(dt=0.01, device="cuda:0"),
        decimation=2,
        episode_length_s=5.0,
        seed=None,
        farthest=1.0,
        observation_noise_model=None,
        events=Config(joints=joints),
    )
