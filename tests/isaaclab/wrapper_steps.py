"""What Isaac Lab's own wrapper for Stable-Baselines3 hands out; run in Isaac Lab's interpreter.

python wrapper_steps.py TASK ROBOTS EPISODE_STEPS SEED ACTIONS.npy RESULT.npz
"""

import random
import sys

import numpy as np

TASK, ROBOTS, LENGTH, SEED, ACTIONS, RESULT = sys.argv[1:]
sys.argv = sys.argv[:1]

import gymnasium as gym  # noqa: E402 - Isaac Lab reads sys.argv
import isaaclab_tasks  # noqa: E402, F401 - registers the tasks
import torch  # noqa: E402
from isaaclab.app import launch_simulation  # noqa: E402
from isaaclab_rl.sb3 import Sb3VecEnvWrapper  # noqa: E402
from isaaclab_tasks.utils import resolve_task_config  # noqa: E402

torch.set_num_threads(1)
config, _ = resolve_task_config(TASK, None, overrides=["physics=newton_mjwarp"])
config.scene.num_envs, config.sim.device, config.seed, config.compute_final_obs = int(ROBOTS), "cpu", int(SEED), True
config.episode_length_s = (int(LENGTH) - 0.5) * config.decimation * config.sim.dt
if hasattr(getattr(config, "commands", None), "base_velocity"):
    config.commands.base_velocity.debug_vis = False
kept = {"observations": [], "rewards": [], "dones": [], "truncated": [], "finals": []}
with launch_simulation(config, {"device": "cpu"}):
    env = Sb3VecEnvWrapper(gym.make(TASK, cfg=config))
    env.reset()
    # The wrapper's reset takes no seed, so the environment below is seeded as a trial seeds it.
    random.seed(int(SEED))
    np.random.seed(int(SEED))
    torch.manual_seed(int(SEED))
    events = getattr(env.unwrapped, "event_manager", None)
    if events is not None and "startup" in events.available_modes:
        events.apply(mode="startup")
    first, _ = env.unwrapped.reset(seed=int(SEED))
    kept["observations"].append(first["policy"].numpy().copy())
    for actions in np.load(ACTIONS):
        observations, rewards, dones, infos = env.step(actions)
        kept["observations"].append(observations.copy())
        kept["rewards"].append(rewards.copy())
        kept["dones"].append(dones.copy())
        kept["truncated"].append([bool(info.get("TimeLimit.truncated", False)) for info in infos])
        kept["finals"].append([info.get("terminal_observation", np.zeros_like(observations[0])) for info in infos])
    env.close()
np.savez(RESULT, **{name: np.asarray(values) for name, values in kept.items()})
