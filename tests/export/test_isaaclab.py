"""The agent file for Isaac Lab: read as Isaac Lab reads its own, then treated as the file's comments say."""

import shlex

import pytest
import torch
import yaml
from stable_baselines3.common.utils import ConstantSchedule, LinearSchedule
from stable_baselines3.common.vec_env import VecNormalize

from tests.export.agents import SEED, assert_same_agent
from tests.export.changed_script import changes_in
from tests.export.example import ARGUMENTS, WALKER, example
from tuner.config import TaskConfig
from tuner.errors import UserError
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


def train(configuration):
    """Do what the training script does until it has an agent, with the changes that the comments ask for."""
    text = get_format("isaaclab").text(configuration)
    changes = changes_in(text)
    agent_cfg = read(text)
    agent_cfg["seed"] = SEED
    names = {"agent_cfg": agent_cfg, "log_dir": None, "env": open_task(configuration.task, seed=SEED, threads=1)}
    names["policy_arch"] = agent_cfg.pop("policy")
    assert agent_cfg.pop("n_timesteps") == 4000
    normalization = {key: agent_cfg.pop(key) for key in NORMALIZATION if key in agent_cfg}
    exec(compile(changes[1], "1", "exec"), names)
    exec(compile(changes[2], "2", "exec"), names)
    if normalization["normalize_input"]:
        clip, gamma = normalization["clip_obs"], agent_cfg["gamma"]
        value = normalization["normalize_value"]
        names["env"] = VecNormalize(names["env"], norm_reward=value, clip_obs=clip, gamma=gamma)
    exec(compile(changes[3], "3", "exec"), names)
    return names["agent"]


@pytest.mark.parametrize("algorithm", ["sac", "td3", "ppo"])
def test_what_the_file_says_gives_the_agent_that_a_trial_trains(algorithm):
    assert_same_agent(train(example(algorithm)), example(algorithm))


def test_what_a_walker_needs_is_in_the_file_and_in_its_code():
    configuration = example(**WALKER)
    agent = train(configuration)
    assert_same_agent(agent, configuration)
    assert [parent.__name__ for parent in type(agent).__mro__[:4]] == ["Penalizing", "Averaging", "Limiting", "Falling"]
    text = get_format("isaaclab").text(configuration)
    data = yaml.safe_load(text)
    written = {"alive_bonus": 0.5, "critics_for_actor": "mean", "max_ent_coef": 0.01, "mean_penalty": 0.1}
    assert {name: data[name] for name in written} == written
    # Around Isaac Lab's wrapper, which reports returns, and within VecNormalize, whose rewards are stored.
    normalized = agent.get_env()
    assert isinstance(normalized, VecNormalize)
    assert type(normalized.venv).__name__ == "AliveBonus"
    assert type(normalized.venv.venv).__name__ == "ActionBox"


def test_one_critic_is_its_own_mean():
    network = example().agent.network.model_copy(update={"n_critics": 1})
    text = get_format("isaaclab").text(example(critics_for_actor="mean", network=network))
    assert "averaging_critics" not in text
    assert "critics_for_actor" not in yaml.safe_load(text)


def test_a_learning_rate_that_falls_is_written_as_isaac_lab_reads_it():
    configuration = example("ppo", arguments={**ARGUMENTS["ppo"], "learning_rate": "lin_1e-3"})
    agent = train(configuration)
    assert_same_agent(agent, configuration)
    assert agent.lr_schedule(0.25) == pytest.approx(2.5e-4)


def test_it_says_for_which_task_and_how_many_robots():
    text = get_format("isaaclab").text(example(normalize_observations=False))
    assert "Pendulum-v1" in text.splitlines()[0]
    assert command(text) == [*TRAIN, "--task", "Pendulum-v1", "--num_envs", "2", "env.compute_final_obs=True"]
    data = yaml.safe_load(text)
    assert data["action_box"] == {"low": [-1.25], "high": [1.5]}
    assert data["normalize_input"] is False
    assert "clip_obs" not in data


TRAIN = ["isaaclab", "train", "--rl_library", "sb3"]
ISAAC_LAB = {"physics": "newton_mjwarp", "device": "cpu", "versions": {"isaaclab": "3.0.0"}, "asset_root": "/assets"}


def on_isaac_lab(options=None, **simulator):
    """Return the text of an agent that was trained on Isaac Lab."""
    task = TaskConfig(id="Isaac-Cartpole", simulator="isaaclab", num_envs=64, options=options or {})
    provenance = example().provenance.model_copy(update={"simulator": {**ISAAC_LAB, **simulator}})
    return get_format("isaaclab").text(example().model_copy(update={"task": task, "provenance": provenance}))


def command(text):
    """Return the words of the training command in the comments."""
    (line,) = (line for line in text.splitlines() if "--num_envs" in line)
    return shlex.split(line.removeprefix("# "))


def test_the_command_trains_on_the_physics_and_the_device_of_the_study():
    text = on_isaac_lab({"overrides": ["env.scene.env_spacing=4"], "unbounded_actions": 1})
    task = ["--task", "Isaac-Cartpole", "--num_envs", "64", "--device", "cpu"]
    overrides = ["physics=newton_mjwarp", "env.compute_final_obs=True", "env.scene.env_spacing=4"]
    assert command(text) == [*TRAIN, *task, *overrides]
    assert "physics=" not in on_isaac_lab(physics="the task's own")
    assert "spec('Isaac-Cartpole').kwargs['sb3_cfg_entry_point']" in text
    assert "observation after the reset" not in text


@pytest.mark.parametrize("version", ["2.3.2.post1", "0.54.3"])  # of the wheel and of the sources
def test_isaac_lab_2_has_another_script_no_presets_and_no_final_observations(version):
    text = on_isaac_lab(versions={"isaaclab": version}, physics="physx", device="cuda:0")
    script = ["./isaaclab.sh", "-p", "scripts/reinforcement_learning/sb3/train.py"]
    task = ["--task", "Isaac-Cartpole", "--num_envs", "64", "--device", "cuda:0"]
    assert command(text) == [*script, *task, "--headless"]
    assert "the observation after the reset as the last one of an episode" in text


def test_what_the_command_cannot_say_is_said_beside_it():
    text = on_isaac_lab({"max_episode_steps": 200, "observation_group": "critic"})
    assert "after 200 control steps" in text
    assert "got the observations 'critic'" in text
    assert "control steps" not in on_isaac_lab({"observation_group": "policy"})


def test_other_file_names_are_refused_as_isaac_lab_would_look_for_a_class(tmp_path):
    get_format("isaaclab").check_name(tmp_path / "agent.yaml")
    with pytest.raises(UserError, match=r"must end in \.yaml"):
        get_format("isaaclab").check_name(tmp_path / "agent.yml")


def test_a_task_of_another_simulator_is_said_to_be_one():
    elsewhere = "# The study trained Pendulum-v1 on gymnasium. Write the id of Isaac Lab's task of the same robot in"
    assert elsewhere in get_format("isaaclab").text(example())
    assert "Write the id of Isaac Lab's task" not in on_isaac_lab(**ISAAC_LAB)
