"""Configurations that Hydra can change."""

from hydra.core.config_store import ConfigStore

from isaaclab_tasks.utils import load_cfg_from_registry


def register_task_to_hydra(task_name, agent_cfg_entry_point):
    config = load_cfg_from_registry(task_name, "env_cfg_entry_point")
    ConfigStore.instance().store(name=task_name, node={"env": config.to_dict(), "agent": None})
    return config, None
