"""Managers of what robots observe, do, and undergo."""

import torch


class JointPositionAction:
    """Actions that are targets of joints, around the default positions."""

    def __init__(self, asset, names):
        self._asset = asset
        self._joint_ids = slice(None)
        self._joint_names = names
        self._scale = 0.5
        self._offset = asset.data.default_joint_pos.clone()
        self.action_dim = len(names)

    def process_actions(self, actions):
        self._processed_actions = actions * self._scale + self._offset

    def apply_actions(self):
        self._asset.set_joint_position_target(self._processed_actions)


class ActionManager:
    """One term: joint targets."""

    def __init__(self, env, names):
        self._term = JointPositionAction(env.scene["robot"], names)
        self.action = torch.zeros(env.num_envs, len(names))

    @property
    def active_terms(self):
        return ["joint_pos"]

    def get_term(self, name):
        return {"joint_pos": self._term}[name]

    def process_action(self, action):
        self.action[:] = action
        self._term.process_actions(action)

    def apply_action(self):
        self._term.apply_actions()

    def reset(self, env_ids):
        self.action[env_ids] = 0.0


class CommandManager:
    """One command, drawn anew at each reset; an arrow shows it, which the stand-in does not have."""

    def __init__(self, cfg, env):
        if cfg.goal.debug_vis:
            raise FileNotFoundError("the arrow's asset")
        self.command = torch.zeros(env.num_envs, 1)

    def reset(self, env_ids):
        self.command[env_ids] = torch.rand(len(env_ids), 1)


class ObservationManager:
    """The group `policy`: positions, velocities, the last action and the command."""

    def __init__(self, env):
        self._env = env

    def compute(self, update_history=False):
        robot = self._env.scene["robot"].data
        terms = (robot.joint_pos, robot.joint_vel, self._env.action_manager.action, self._env.command_manager.command)
        return {"policy": torch.cat(terms, dim=1), "critic": robot.joint_pos.clone()}


class EventManager:
    """What happens to robots when the simulation starts, and when they are reset."""

    def __init__(self, cfg, env):
        self._env = env
        self._terms = {}
        for term in vars(cfg).values():
            self._terms.setdefault(term.mode, []).append(term)

    @property
    def available_modes(self):
        return list(self._terms)

    def apply(self, mode, env_ids=None, dt=None, global_env_step_count=None):
        for term in self._terms[mode]:
            term.func(self._env, env_ids, **term.params)
