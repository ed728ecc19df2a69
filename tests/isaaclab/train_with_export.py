"""Isaac Lab's training command with a changed script for Stable-Baselines3; run in Isaac Lab's interpreter.

python train_with_export.py SCRIPT.py ACTIONS.npy PACKAGES COMMAND …

The script takes the place of Isaac Lab's own, PACKAGES is a folder that has SBX, and the actions that arrive at the
environment are written down.
"""

import importlib.util
import sys
from pathlib import Path

SCRIPT, ACTIONS, PACKAGES, *COMMAND = sys.argv[1:]
sys.path.append(PACKAGES)  # behind everything that Isaac Lab brings itself
sys.argv = COMMAND[:1]

import numpy as np  # noqa: E402 - Isaac Lab reads sys.argv
import torch  # noqa: E402
from isaaclab.envs import ManagerBasedRLEnv  # noqa: E402
from isaaclab_rl.entrypoints import run_train_cli  # noqa: E402

torch.set_num_threads(1)

name = "isaaclab_rl.entrypoints.backends.train_sb3"
found = importlib.util.spec_from_file_location(name, SCRIPT)
sys.modules[name] = module = importlib.util.module_from_spec(found)
found.loader.exec_module(module)

arrived = []
own_step = ManagerBasedRLEnv.step


def step(self, action):
    """Step, and keep the actions."""
    arrived.append(action.numpy().copy())
    return own_step(self, action)


ManagerBasedRLEnv.step = step
status = run_train_cli(COMMAND[2:])  # without the words "isaaclab train"
np.save(Path(ACTIONS), np.stack(arrived))
sys.exit(status)
