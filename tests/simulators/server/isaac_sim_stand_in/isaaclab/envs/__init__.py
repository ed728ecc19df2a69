"""Environments: they reset robots within a step, and observe them afterwards."""

import random

import gymnasium
import numpy as np
import torch
from isaacsim import SimulationApp, misbehave

from isaaclab import MAJOR
from isaaclab.managers import ActionManager, CommandManager, EventManager, ObservationManager
from isaaclab.robot import JOINTS, Articulation

if MAJOR < 3 and SimulationApp.running is None:
    raise ModuleNotFoundError("No module named 'omni.kit'")


class _Env(gymnasium.Env):
    """What both kinds have in common."""

    made = False

    def __init__(self, cfg, render_mode=None, **kwargs):
        if _Env.made:
            raise RuntimeError("Simulation context already exists. Cannot create a new one.")
        _Env.made = True
        cfg.validate()
        self.cfg = cfg
        self.seed(cfg.seed)
        self.num_envs, self.device = cfg.scene.num_envs, cfg.sim.device
        self.step_dt = cfg.sim.dt * cfg.decimation
        self.max_episode_length = int(np.ceil(cfg.episode_length_s / self.step_dt))
        self.episode_length_buf = torch.zeros(self.num_envs, dtype=torch.long)
        self.reward_buf = torch.zeros(self.num_envs)
        self.reset_terminated = torch.zeros(self.num_envs, dtype=torch.bool)
        self.reset_time_outs = torch.zeros(self.num_envs, dtype=torch.bool)
        self.common_step_counter = 0
        self.extras = {}
        self.scene = {"robot": Articulation(self.num_envs)}
        self._is_closed = False
        misbehave("making")

    def __del__(self):
        self.close()

    @staticmethod
    def seed(seed=-1):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        return seed

    def reset(self, seed=None, options=None):
        if seed is not None:
            self.seed(seed)
        self._reset_idx(torch.arange(self.num_envs))
        return self._observe(), self.extras

    def step(self, action):
        self._act(action)
        for _ in range(self.cfg.decimation):
            self.scene["robot"].simulate(self.cfg.sim.dt)
        self.common_step_counter += 1
        if self.common_step_counter > 1:
            misbehave("stepping")
        self.episode_length_buf += 1
        position = self.scene["robot"].data.joint_pos
        self.reset_terminated[:] = position[:, 0].abs() > self.cfg.farthest
        self.reset_time_outs[:] = self.episode_length_buf >= self.max_episode_length
        self.reward_buf[:] = -position.abs().sum(dim=1)
        env_ids = (self.reset_terminated | self.reset_time_outs).nonzero(as_tuple=False).squeeze(-1)
        if len(env_ids) > 0:
            if getattr(self.cfg, "compute_final_obs", False) and MAJOR >= 3:
                self.extras["final_obs"] = self._observe()
            self._reset_idx(env_ids)
        return self._observe(), self.reward_buf, self.reset_terminated, self.reset_time_outs, self.extras

    def _reset_idx(self, env_ids):
        if "reset" in self.event_manager.available_modes:
            self.event_manager.apply(mode="reset", env_ids=env_ids, global_env_step_count=0)
        self.extras["log"] = {}
        self.episode_length_buf[env_ids] = 0

    def close(self):
        if not self._is_closed:
            self._is_closed = True
            print("the environment closes")
            misbehave("closing")

    def _spaces(self, **groups):
        boxes = {name: gymnasium.spaces.Box(-np.inf, np.inf, shape) for name, shape in groups.items()}
        self.single_observation_space = gymnasium.spaces.Dict(boxes)
        self.single_action_space = gymnasium.spaces.Box(-np.inf, np.inf, (len(JOINTS),))
        self.observation_space = gymnasium.vector.utils.batch_space(self.single_observation_space, self.num_envs)
        self.action_space = gymnasium.vector.utils.batch_space(self.single_action_space, self.num_envs)


class ManagerBasedRLEnv(_Env):
    """Everything is done by managers."""

    def __init__(self, cfg, render_mode=None, **kwargs):
        super().__init__(cfg, render_mode, **kwargs)
        self.event_manager = EventManager(cfg.events, self)
        self.command_manager = CommandManager(cfg.commands, self)
        self.action_manager = ActionManager(self, JOINTS)
        self.observation_manager = ObservationManager(self)
        self._spaces(policy=(7,), critic=(2,))
        self.event_manager.apply(mode="startup")

    def reset(self, seed=None, env_ids=None, options=None):
        return super().reset(seed=seed, options=options)

    def _act(self, action):
        self.action_manager.process_action(action)
        self.action_manager.apply_action()

    def _observe(self):
        return self.observation_manager.compute(update_history=True)

    def _reset_idx(self, env_ids):
        super()._reset_idx(env_ids)
        self.action_manager.reset(env_ids)
        self.command_manager.reset(env_ids)


class DirectRLEnv(_Env):
    """Tasks derive from it and say in methods of their own what robots observe and do."""

    def __init__(self, cfg, render_mode=None, **kwargs):
        super().__init__(cfg, render_mode, **kwargs)
        self.event_manager = EventManager(cfg.events, self)
        self._spaces(policy=(4,))
        self._observation_noise_model = cfg.observation_noise_model

    def _act(self, action):
        self._pre_physics_step(action)
        self._apply_action()

    def _observe(self):
        observations = self._get_observations()
        if self.cfg.observation_noise_model:
            observations["policy"] = self._observation_noise_model(observations["policy"])
        return observations
