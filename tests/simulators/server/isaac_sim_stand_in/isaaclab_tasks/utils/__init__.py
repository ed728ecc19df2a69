"""Configurations by the names of tasks."""

from importlib import import_module

import gymnasium


def load_cfg_from_registry(task_name, entry_point_key):
    module, _, name = gymnasium.spec(task_name).kwargs[entry_point_key].partition(":")
    return getattr(import_module(module), name)()


def parse_env_cfg(task_name, device="cuda:0", num_envs=None, use_fabric=None):
    config = load_cfg_from_registry(task_name, "env_cfg_entry_point")
    config.sim.device = device
    if num_envs is not None:
        config.scene.num_envs = num_envs
    return config


def resolve_task_config(task_name, agent_cfg_entry_point, play_mode=False, overrides=None):
    """Return the configuration, as Isaac Lab 3 does; the stand-in knows no overrides."""
    if overrides:
        raise ValueError(f"unknown overrides {overrides}")
    return load_cfg_from_registry(task_name, "env_cfg_entry_point"), None
