"""An exported file, trained with Isaac Lab's own command on the real Isaac Lab, changed as the file's comments say."""

import pickle
import shlex
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
import sbx

from tests.export.changed_script import changed
from tests.export.example import PROVENANCE, WALKER, example
from tuner.config import TaskConfig
from tuner.export import get_format
from tuner.simulators.server import server_for

ROBOTS, STEPS, STARTS = 64, 12, 8
TASK = TaskConfig(id="Isaac-Cartpole", simulator="isaaclab", num_envs=ROBOTS)
ISAAC_LAB = {"physics": "newton_mjwarp", "device": "cpu", "versions": {"isaaclab": "3.0.0"}}
PROGRAM = Path(__file__).with_name("train_with_export.py")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the folder of a training, with `actions.npy` and the folder that Isaac Lab logged into."""
    folder = tmp_path_factory.mktemp("trained")
    python = Path(server_for(TASK).python)
    (script,) = python.parents[1].glob("lib/python3*/site-packages/isaaclab_rl/entrypoints/backends/train_sb3.py")
    if f"python{sys.version_info.major}.{sys.version_info.minor}" not in script.parts:
        pytest.skip("SBX is installed here for another version of Python than Isaac Lab's")
    text = get_format("isaaclab").text(exported())
    (folder / "agent.yaml").write_text(text)
    own = changed(script.read_text(), text).replace("/path/to/this_file.yaml", str(folder / "agent.yaml"))
    (folder / "train_sb3.py").write_text(own)
    (line,) = (line for line in text.splitlines() if "--num_envs" in line)
    command = shlex.split(line.removeprefix("# "))
    packages = distribution("sbx-rl").locate_file("")
    files = [folder / name for name in ("train_sb3.py", "actions.npy")]
    done = subprocess.run([python, PROGRAM, *files, packages, *command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def exported():
    """Return an agent with everything that needs code beside SBX's constructor."""
    configuration = example(**WALKER)
    arguments = {**configuration.agent.arguments, "learning_starts": ROBOTS * STARTS, "train_freq": 1}
    agent = configuration.agent.model_copy(update={"arguments": arguments})
    provenance = PROVENANCE.model_copy(update={"env_steps": ROBOTS * STEPS, "simulator": ISAAC_LAB})
    return configuration.model_copy(update={"task": TASK, "agent": agent, "provenance": provenance})


def test_isaac_lab_trains_the_exported_agent(trained):
    (saved,) = trained.glob("logs/sb3/Isaac-Cartpole/*/model.zip")
    agent = sbx.SAC.load(saved)
    assert agent.num_timesteps == ROBOTS * STEPS
    # two updates after each of the steps 9 to 12, before which the replay buffer is filled
    assert agent._n_updates == 2 * (STEPS - STARTS)
    wanted = exported().agent
    assert (agent.gamma, agent.tau, agent.batch_size, agent.policy_delay) == (0.97, 0.02, 32, 2)
    assert agent.lr_schedule(1.0) == wanted.arguments["learning_rate"]
    assert agent.policy_kwargs["net_arch"] == {"pi": list(wanted.network.pi), "qf": list(wanted.network.qf)}
    made = (saved.parent / "params" / "env.yaml").read_text()
    assert "compute_final_obs: true" in made  # without it time-outs would be learned from the observation after them
    normalization = pickle.loads(saved.with_name("model_vecnormalize.pkl").read_bytes())
    assert (normalization.norm_obs, normalization.norm_reward, normalization.clip_obs) == (True, False, 5.0)


def test_the_actions_that_arrive_fill_the_agents_box_and_not_the_wrappers(trained):
    actions = np.load(trained / "actions.npy")
    assert actions.shape == (STEPS, ROBOTS, 1)
    box = exported().agent.action_box
    assert (box.low, box.high) == ((-1.25,), (1.5,))
    assert actions.min() == pytest.approx(-1.25, abs=0.05)  # the first 512 are uniform
    assert actions.max() == pytest.approx(1.5, abs=0.05)
    assert actions.min() >= -1.25
    assert actions.max() <= 1.5
