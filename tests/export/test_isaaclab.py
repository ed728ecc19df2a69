"""The agent file for Isaac Lab: read as Isaac Lab reads its own, then treated as the file's comments say."""

import pytest
import torch
import yaml
from stable_baselines3.common.utils import ConstantSchedule, LinearSchedule
from stable_baselines3.common.vec_env import VecNormalize

from tests.export.agents import SEED, assert_same_agent
from tests.export.example import ARGUMENTS, example
from tuner.export import get_format
from tuner.simulators import open_task

NORMALIZATION = ("normalize_input", "normalize_value", "clip_obs")
"""Keys that the training script takes out of the file for itself, beside policy and n_timesteps."""


def read(text):
    """Return the agent's configuration as `process_sb3_cfg` of Isaac Lab 2.2 to 2.3 does.

    Texts that begin with `nn.` become classes of torch.nn at every depth, the learning rate and PPO's clipping range
    become schedules.
    """

    def resolved(value):
        if isinstance(value, dict):
            return {key: resolved(inner) for key, inner in value.items()}
        return getattr(torch.nn, value[3:]) if isinstance(value, str) and value.startswith("nn.") else value

    found = resolved(yaml.safe_load(text))
    for key in ("learning_rate", "clip_range"):
        if isinstance(found.get(key), str):
            found[key] = LinearSchedule(float(found[key].split("_")[1]), 0.0, 1.0)
        elif key in found:
            found[key] = ConstantSchedule(float(found[key]))
    return found


def code_in(text):
    """Return the code in the comments."""
    lines = [line[6:] for line in text.splitlines() if line.startswith("#     ") or line == "#"]
    return "\n".join(lines)


def train(configuration):
    """Do what the training script does until it has an agent, with the comments' code in place of `PPO(...)`."""
    text = get_format("isaaclab").text(configuration)
    agent_cfg = read(text)
    agent_cfg["seed"] = SEED
    policy_arch = agent_cfg.pop("policy")
    assert agent_cfg.pop("n_timesteps") == 4000
    normalization = {key: agent_cfg.pop(key) for key in NORMALIZATION if key in agent_cfg}
    env = open_task(configuration.task, seed=SEED, threads=1)
    if normalization["normalize_input"]:
        clip, gamma = normalization["clip_obs"], agent_cfg["gamma"]
        env = VecNormalize(env, norm_reward=normalization["normalize_value"], clip_obs=clip, gamma=gamma)
    names = {"agent_cfg": agent_cfg, "policy_arch": policy_arch, "env": env, "log_dir": None}
    exec(compile(code_in(text), "comments", "exec"), names)
    return names["agent"]


@pytest.mark.parametrize("algorithm", ["sac", "td3", "ppo"])
def test_what_the_file_says_gives_the_agent_that_a_trial_trains(algorithm):
    assert_same_agent(train(example(algorithm)), example(algorithm))


def test_a_penalty_on_the_means_is_in_the_file_and_in_its_code():
    configuration = example(mean_penalty=0.5)
    assert_same_agent(train(configuration), configuration)
    text = get_format("isaaclab").text(configuration)
    assert yaml.safe_load(text)["mean_penalty"] == 0.5
    assert 'penalizing_means(sbx.SAC, agent_cfg.pop("mean_penalty"))' in code_in(text)


def test_a_learning_rate_that_falls_is_written_as_isaac_lab_reads_it():
    configuration = example("ppo", arguments={**ARGUMENTS["ppo"], "learning_rate": "lin_1e-3"})
    agent = train(configuration)
    assert_same_agent(agent, configuration)
    assert agent.lr_schedule(0.25) == pytest.approx(2.5e-4)


def test_it_says_for_which_task_and_how_many_robots():
    text = get_format("isaaclab").text(example(normalize_observations=False))
    assert "Pendulum-v1" in text.splitlines()[0]
    assert "--num_envs 2" in text
    data = yaml.safe_load(text)
    assert data["action_box"] == {"low": [-1.25], "high": [1.5]}
    assert data["normalize_input"] is False
    assert "clip_obs" not in data
