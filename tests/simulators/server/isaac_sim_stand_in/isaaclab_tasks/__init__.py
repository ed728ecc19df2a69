"""Tasks."""

import gymnasium
import isaaclab.envs  # noqa: F401 - as in the real package, which cannot be imported before Isaac Sim has started

_TASKS = {
    "Isaac-Cartpole-v0": ("isaaclab.envs:ManagerBasedRLEnv", "managed"),
    "Isaac-Springs-v0": ("isaaclab.envs:ManagerBasedRLEnv", "managed"),
    "Isaac-Springs-Direct-v0": ("isaaclab_tasks.environments:DirectSprings", "direct"),
    "Isaac-Springs-Camera-v0": ("isaaclab_tasks.environments:Camera", "direct"),
    "Isaac-Springs-Agents-v0": ("isaaclab_tasks.environments:SeveralAgents", "direct"),
}

for _name, (_entry_point, _config) in _TASKS.items():
    gymnasium.register(
        id=_name,
        entry_point=_entry_point,
        disable_env_checker=True,
        kwargs={"env_cfg_entry_point": f"isaaclab_tasks.configurations:{_config}"},
    )
