"""The RL Zoo file, given to RL Zoo's own loader."""

import argparse

import numpy as np
import pytest
import sbx
import yaml

from tests.export.agents import SEED, assert_same_agent
from tests.export.example import ARGUMENTS, WALKER, example
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.export import get_format

CLASSES = {"sac": sbx.SAC, "tqc": sbx.TQC, "crossq": sbx.CrossQ, "td3": sbx.TD3, "ppo": sbx.PPO}


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """Return what builds RL Zoo's experiment from a configuration, with SBX's algorithms in place of its own."""
    zoo = pytest.importorskip("rl_zoo3.exp_manager", reason="pip install rl-zoo3 to run RL Zoo on its files")

    def make(configuration, steps=-1):
        file = tmp_path / "agent.yml"
        file.write_text(get_format("zoo").text(configuration))
        algorithm = configuration.agent.algorithm
        monkeypatch.setitem(zoo.ALGOS, algorithm, CLASSES[algorithm])
        return zoo.ExperimentManager(
            argparse.Namespace(),
            algorithm,
            configuration.task.id,
            str(tmp_path / "logs"),
            n_timesteps=steps,
            eval_freq=-1,
            log_interval=-1,
            seed=SEED,
            config=str(file),
            verbose=0,
        )

    return make


@pytest.mark.parametrize("algorithm", ["td3", "ppo"])
def test_rl_zoo_builds_the_agent_that_a_trial_trains(manager, algorithm):
    configuration = example(algorithm)
    experiment = manager(configuration)
    agent, _ = experiment.setup_experiment()
    assert experiment.n_timesteps == 4000
    assert_same_agent(agent, configuration)


def test_rl_zoo_lets_the_learning_rate_fall(manager):
    configuration = example("ppo", arguments={**ARGUMENTS["ppo"], "learning_rate": "lin_1e-3"})
    agent, _ = manager(configuration).setup_experiment()
    assert_same_agent(agent, configuration)
    assert agent.lr_schedule(0.25) == pytest.approx(2.5e-4)


def test_rl_zoo_trains_it(manager):
    configuration = example(alive_bonus=0.5)
    experiment = manager(configuration, steps=2000)
    agent, _ = experiment.setup_experiment()
    for callback in experiment.callbacks:
        callback.init_callback(agent)  # as learning begins with
    assert_same_agent(agent, configuration)
    experiment.learn(agent)
    experiment.save_trained_model(agent)
    # rollouts of 4 steps of 2 robots: 250 of them; all but the first 8 are followed by 2 updates
    assert agent.num_timesteps == 2000
    assert agent._n_updates == 2 * 242
    # 200 steps with a bonus of 0.5 in each, the last one too, which ended by time. Monitors do not see it.
    stored = agent.replay_buffer.rewards[:200].sum(axis=0)
    np.testing.assert_allclose(stored, [episode["r"] + 100 for episode in list(agent.ep_info_buffer)[:2]], rtol=1e-4)
    policy = sbx.SAC.load(f"{experiment.save_path}/{experiment.env_name}.zip")
    assert policy.action_space.high.tolist() == [1.5]


def test_options_of_a_gymnasium_task_become_arguments_of_the_environment():
    options = {"env_kwargs": {"g": 5.0}, "max_episode_steps": 7, "import": "my_robots"}
    task = TaskConfig(id="my_robots:Arm-v0", simulator="gymnasium", options=options)
    text = get_format("zoo").text(example().model_copy(update={"task": task}))
    assert yaml.safe_load(text)["Arm-v0"]["env_kwargs"] == {"g": 5.0, "max_episode_steps": 7}
    assert "--env Arm-v0 --conf-file THIS_FILE --gym-packages my_robots" in text


def test_wrappers_are_rl_zoos_and_what_was_made_flat_is_said():
    options = {
        "import": "/home/me/arms",
        "env_wrapper": ["/home/me/arms.wrappers:Slow", {"gymnasium.wrappers:A": {"x": 1}}],
    }
    flattened = {"observations": "Dict(...)", "actions": "Box(-1.0, 1.0, (2, 3), float32)"}
    configuration = example()
    provenance = configuration.provenance.model_copy(update={"flattened": flattened})
    task = TaskConfig(id="Arm-v0", simulator="gymnasium", options=options)
    text = get_format("zoo").text(configuration.model_copy(update={"task": task, "provenance": provenance}))
    assert yaml.safe_load(text)["Arm-v0"]["env_wrapper"] == [
        "arms.wrappers.Slow",
        {"gymnasium.wrappers.A": {"x": 1}},
        "gymnasium.wrappers.FlattenObservation",
        "tuner.export.rl_zoo.flat_actions",
    ]
    assert "PYTHONPATH=/home/me python train_sbx.py" in text
    assert "--gym-packages arms" in text
    assert "flat, from gymnasium.wrappers.FlattenObservation: Dict(...)." in text
    assert "gymnasium.spaces.unflatten shapes them for the task: Box(-1.0, 1.0, (2, 3), float32)." in text


def test_what_rl_zoo_cannot_express_is_said_at_the_top():
    configuration = example(precision="bfloat16")
    configuration = configuration.model_copy(update={"task": TaskConfig(id="Cartpole")})
    top = get_format("zoo").text(configuration).partition("Cartpole:")[0]
    assert all(line.startswith("#") for line in top.splitlines())
    for said in (
        "action box",
        "standard deviation",
        "bfloat16",
        "fused learner",
        "RL Zoo knows Gymnasium environments",
    ):
        assert said in top


def test_changed_updates_are_in_the_script_that_is_to_be_written():
    top = get_format("zoo").text(example(**WALKER))
    assert (
        "from tuner.export.rl_zoo import averaging_critics, falling_entropy, limiting_ent_coef, penalizing_means" in top
    )
    # ½ · ln(2πe · 40²)
    falling = "falling_entropy(sbx.SAC, final=5.107817987318609, start_return=None, start_steps=1000000, fall_steps=10)"
    changes = [falling, "limiting_ent_coef(algorithm, largest=0.01)", "averaging_critics(algorithm)"]
    changes.append("penalizing_means(algorithm, weight=0.1)")
    lines = [*(f"algorithm = {change}" for change in changes), "rl_zoo3.ALGOS['sac'] = algorithm"]
    assert "\n".join(f"#     {line}" for line in lines) in top
    assert "- the penalty on the actor's means: penalizing_means in train_sbx.py." in top
    assert "- the bonus for living, for the learner only: vec_env_wrapper." in top


def test_other_file_names_are_refused_as_rl_zoo_would_import_them(tmp_path):
    get_format("zoo").check_name(tmp_path / "agent.yml")
    with pytest.raises(UserError, match=r"must end in \.yml or \.yaml"):
        get_format("zoo").check_name(tmp_path / "agent.txt")
