"""Training a policy to take bounds from, in seconds."""

import gymnasium
import pytest

from tuner.actions import PretrainingChannel, pretrain, pretraining_spec
from tuner.config import Network, TaskConfig
from tuner.errors import TunerError, UserError
from tuner.policies import Policy
from tuner.records import OutcomeKind
from tuner.simulators import open_task

CARTPOLE = TaskConfig(id="Cartpole", num_envs=8)


def spec(runs_dir, *, seconds=60.0, target=None, task=CARTPOLE, algorithm="ppo"):
    found = pretraining_spec(algorithm, task, seconds=seconds, target=target, seed=0, threads=1, runs_dir=runs_dir)
    small = found.agent.model_copy(update={"network": Network(pi=(8,), qf=(8,))})  # compiles sooner
    return found, found.model_copy(update={"agent": small})


def test_the_agent_is_isaac_labs_with_a_small_network_on_the_whole_box(tmp_path):
    found, _ = spec(tmp_path, task=TaskConfig(id="Velocity-Flat-A1"))
    assert found.agent.algorithm == "ppo"
    assert found.agent.network.pi == (128, 128)
    assert found.agent.arguments["n_steps"] == 24
    assert (found.agent.action_box, found.agent.action_bound_fraction) == (None, 1.0)
    assert found.objective.kind == "return_at_budget"
    assert found.directory == str(tmp_path / "pretrain-ppo-Velocity-Flat-A1" / "trial-0000")
    assert spec(tmp_path, target=9.0)[0].objective.target == 9.0


def test_a_second_pretraining_has_a_folder_of_its_own(tmp_path):
    (tmp_path / "pretrain-ppo-my-module-Env-v0" / "trial-0007").mkdir(parents=True)
    found, _ = spec(tmp_path, task=TaskConfig(id="my/module:Env-v0"))
    assert found.directory.endswith("pretrain-ppo-my-module-Env-v0/trial-0008")


def test_other_algorithms_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"Unknown algorithm to pretrain 'sac'.* Known: ppo\."):
        spec(tmp_path, algorithm="sac")


@pytest.mark.parametrize("target", [float("nan"), float("inf"), -float("inf")])
def test_a_target_that_no_return_is_like_is_refused(tmp_path, target):
    with pytest.raises(UserError, match="give the return at which to stop, a finite number"):
        spec(tmp_path, target=target)


def test_stopping_early_keeps_what_was_learned(tmp_path):
    ticks = []

    def stop_soon(tick):
        ticks.append(tick)
        if tick.updates:
            channel.stop()

    channel = PretrainingChannel(stop_soon)
    _, small = spec(tmp_path, seconds=5.0)
    env = open_task(CARTPOLE, seed=0, threads=1)
    outcome = pretrain(small, env, channel)
    env.close()
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert outcome.updates > 0
    assert len(ticks) < 20
    assert Policy.load(tmp_path / "pretrain-ppo-Cartpole" / "trial-0000").config.algorithm == "ppo"


def test_a_training_that_learned_nothing_is_no_policy(tmp_path):
    _, small = spec(tmp_path, seconds=5.0)
    channel = PretrainingChannel()
    channel.stop()
    env = open_task(CARTPOLE, seed=0, threads=1)
    with pytest.raises(TunerError, match="ended before anything was learned"):
        pretrain(small, env, channel)
    env.close()


@pytest.mark.parametrize(("low", "high"), [("-np.inf", "np.inf"), ("0.0", "np.inf")])
def test_an_infinite_box_is_pretrained_on_without_clipping(tmp_path, low, high):
    (tmp_path / "unbounded.py").write_text(
        f"""
import gymnasium
import numpy as np
class Unbounded(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    action_space = gymnasium.spaces.Box({low}, {high}, (1,))
    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {{}}
    def step(self, action):
        return np.zeros(2, np.float32), float(action[0]), False, False, {{}}
gymnasium.register("Unbounded-v0", Unbounded, max_episode_steps=5)
"""
    )
    options = {"import": str(tmp_path / "unbounded.py")}
    task = TaskConfig(id="Unbounded-v0", simulator="gymnasium", num_envs=8, options=options)
    _, small = spec(tmp_path, seconds=1.0, task=task)
    env = open_task(task, seed=0, threads=1)
    outcome = pretrain(small, env, PretrainingChannel())
    env.close()
    gymnasium.registry.pop("Unbounded-v0")
    box = outcome.agent["action_box"]
    assert box["high"] == [1e6]  # no action comes near it
    assert box["low"] == [-1e6 if low == "-np.inf" else 0.0]  # what the task cannot take is cut off
