"""What Isaac Lab 2.3 does with an exported file and with an environment: its own code, over a stub of the simulator."""

import importlib.util
import mmap
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
import yaml
from stable_baselines3.common.vec_env import VecNormalize

from tests.export.agents import SEED, assert_same_agent
from tests.export.changed_script import changes_in
from tests.export.example import example
from tests.isaaclab.torch_mass import STEPS, TorchMass, moved
from tuner.agents import build_agent, normalize_observations
from tuner.clock import Ledger, ManualClock
from tuner.config import TaskConfig
from tuner.export import get_format
from tuner.simulators import BoundedActions
from tuner.simulators.server import server_for
from tuner.simulators.server.server_side.layout import Layout
from tuner.simulators.server.server_side.torch_task import TorchTask

WHEEL = Path(server_for(TaskConfig(id="any", simulator="isaaclab")).python).parents[2] / "isaaclab-2.3.2"
FILE = WHEEL / "isaaclab" / "source" / "isaaclab_rl" / "isaaclab_rl" / "sb3.py"
pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="`make isaaclab` fetches Isaac Lab 2.3.2")


@pytest.fixture(scope="module")
def sb3():
    """Return the module `isaaclab_rl.sb3` of 2.3.2; all that it imports of Isaac Lab are two classes."""
    stub = ModuleType("isaaclab.envs")
    stub.ManagerBasedRLEnv = stub.DirectRLEnv = TorchMass
    spec = importlib.util.spec_from_file_location("isaaclab_rl_sb3_of_2", FILE)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "isaaclab", ModuleType("isaaclab"))
        patch.setitem(sys.modules, "isaaclab.envs", stub)
        spec.loader.exec_module(module)
    return module


# The export


def trained_by_isaac_lab(sb3, configuration, steps):
    """Do what the training script of 2.3 does, with the changes that the file's comments ask for."""
    text = get_format("isaaclab").text(configuration)
    changes = changes_in(text)
    agent_cfg = sb3.process_sb3_cfg(yaml.full_load(text), configuration.task.num_envs)
    agent_cfg["seed"] = SEED
    names = {"agent_cfg": agent_cfg, "policy_arch": agent_cfg.pop("policy"), "log_dir": None}
    agent_cfg.pop("n_timesteps")
    norm_args = {key: agent_cfg.pop(key) for key in ("normalize_input", "normalize_value", "clip_obs")}
    task = TorchMass(configuration.task.num_envs)
    names["env"] = sb3.Sb3VecEnvWrapper(task, fast_variant=True)
    assert names["env"].action_space.high.tolist() == [100.0]  # what the wrapper declares
    exec(compile(changes[1], "1", "exec"), names)
    exec(compile(changes[2], "2", "exec"), names)
    norm_reward, clip_obs = norm_args["normalize_value"], norm_args["clip_obs"]
    names["env"] = VecNormalize(
        names["env"], norm_reward=norm_reward, clip_obs=clip_obs, gamma=agent_cfg["gamma"], clip_reward=np.inf
    )
    exec(compile(changes[3], "3", "exec"), names)
    assert_same_agent(names["agent"], configuration)
    task.seed(SEED)
    names["agent"].learn(steps, log_interval=None)
    return task.arrived


def trained_by_a_trial(sb3, configuration, steps):
    """Train as a trial does, on the same environment."""
    config = configuration.agent
    task = TorchMass(configuration.task.num_envs)
    env = BoundedActions(normalize_observations(sb3.Sb3VecEnvWrapper(task), config), config.action_box)
    agent = build_agent(config, env, seed=SEED, ledger=Ledger(ManualClock(), "idle"))
    task.seed(SEED)
    agent.learn(steps, log_interval=None)
    return task.arrived


@pytest.mark.parametrize(("algorithm", "steps"), [("sac", 96), ("ppo", 128)])
def test_training_with_an_export_does_what_a_trial_does_action_by_action(sb3, algorithm, steps):
    configuration = example(algorithm, learner="stock")
    theirs = trained_by_isaac_lab(sb3, configuration, steps)
    ours = trained_by_a_trial(sb3, configuration, steps)
    assert len(theirs) == steps // 2
    np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-5)  # updates are compiled twice and round differently
    assert np.min(theirs) >= -1.25
    assert np.max(theirs) <= 1.5
    assert np.max(theirs) > 1.0  # the box counts, not the ±1 that a standard normal action would have


# The environment


class MassTask(TorchTask):
    """The masses, stepped by our adapter."""

    def start_over(self, seed):
        return self._env.reset(seed=seed)[0]

    def finals(self, extras, observations, ended):
        return extras["final_obs"]["policy"], observations["policy"]


def begun(sb3, robots):
    """Return our adapter with its two buffers and the wrapper, both at the same first observations."""
    layout = Layout(robots, 3, 1)
    buffers = layout.buffers(mmap.mmap(-1, layout.size))
    task = MassTask(TorchMass(robots), "policy", SEED)
    task.reset(buffers[0], spread_ages=False)
    wrapper = sb3.Sb3VecEnvWrapper(TorchMass(robots))
    wrapper.reset()
    wrapper.seed(SEED)
    np.testing.assert_array_equal(buffers[0].observations, wrapper.reset())
    return task, buffers, wrapper


def test_every_number_is_the_wrappers_but_for_final_observations(sb3):
    robots = 32
    task, (buffer, _), wrapper = begun(sb3, robots)
    random = np.random.default_rng(SEED)
    before = buffer.observations.copy()
    failed = timed_out = 0
    for _ in range(3 * STEPS):
        action = random.uniform(-20, 20, (robots, 1)).astype(np.float32)
        buffer.actions[:] = action
        task.step(buffer)
        observations, rewards, dones, infos = wrapper.step(action)
        np.testing.assert_array_equal(buffer.observations, observations)
        np.testing.assert_array_equal(buffer.rewards, rewards)
        np.testing.assert_array_equal(buffer.terminated | buffer.truncated, dones)
        last = moved(torch.from_numpy(before), torch.from_numpy(action)).numpy()
        for robot in np.flatnonzero(dones):
            assert infos[robot]["TimeLimit.truncated"] == buffer.truncated[robot]
            np.testing.assert_array_equal(buffer.final_observations[robot], last[robot])
            # The wrapper hands out the first observation of the next episode as the last one of this.
            np.testing.assert_array_equal(infos[robot]["terminal_observation"], observations[robot])
            assert not np.array_equal(infos[robot]["terminal_observation"], last[robot])
            timed_out += buffer.truncated[robot]
            failed += buffer.terminated[robot]
        before = buffer.observations.copy()
    assert min(failed, timed_out) > 0  # both kinds of ends were compared


def test_our_rewards_stay_what_they_were_and_the_wrappers_are_overwritten(sb3):
    task, buffers, wrapper = begun(sb3, 4)
    kept = []
    for buffer in buffers:
        buffer.actions[:] = 1.0
        task.step(buffer)
        kept.append((buffer.rewards.copy(), wrapper.step(buffer.actions)[1]))
    (first, theirs), _ = kept
    np.testing.assert_array_equal(buffers[0].rewards, first)
    assert not np.array_equal(theirs, first)  # on the CPU they are the environment's own buffer
