"""The exported program: without this package it builds the agent that a trial trains, and trains it."""

import runpy
import subprocess
import sys

import numpy as np
import pytest
import sbx
from stable_baselines3.common.vec_env import VecMonitor

from tests.export.agents import SEED, assert_same_agent
from tests.export.example import ARGUMENTS, WALKER, example
from tuner.config import Network, TaskConfig
from tuner.export import get_format

WITHOUT_TUNER = "import runpy, sys; sys.modules['tuner'] = None; path = sys.argv.pop(1); sys.argv[0] = path; "
RUN = WITHOUT_TUNER + "runpy.run_path(path, run_name='__main__')"


def written(tmp_path, configuration):
    """Return the path of the exported program."""
    file = tmp_path / "agent.py"
    file.write_text(get_format("sbx").text(configuration))
    return file


def built(tmp_path, configuration):
    """Return the agent that the exported program builds."""
    program = runpy.run_path(str(written(tmp_path, configuration)))
    env = program["prepare"](program["make_env"](program["NUM_ENVS"]))
    return program["build_agent"](env, seed=SEED)


@pytest.mark.parametrize("algorithm", ["sac", "tqc", "crossq", "td3", "ppo"])
def test_the_agent_is_the_one_that_a_trial_trains(tmp_path, algorithm):
    agent = built(tmp_path, example(algorithm))
    assert (
        type(agent) is {"sac": sbx.SAC, "tqc": sbx.TQC, "crossq": sbx.CrossQ, "td3": sbx.TD3, "ppo": sbx.PPO}[algorithm]
    )
    assert_same_agent(agent, example(algorithm))


def test_a_learning_rate_that_falls_is_the_schedule_of_stable_baselines3(tmp_path):
    configuration = example(arguments={**ARGUMENTS["sac"], "learning_rate": "lin_1e-3"})
    agent = built(tmp_path, configuration)
    assert_same_agent(agent, configuration)
    assert agent.lr_schedule(0.25) == pytest.approx(2.5e-4)


def test_what_a_walker_needs_is_trained_with_and_plain_sbx_loads_the_policy(tmp_path):
    configuration = example(**WALKER)
    task = configuration.task.model_copy(update={"options": {"max_episode_steps": 7}})
    configuration = configuration.model_copy(update={"task": task})
    program = runpy.run_path(str(written(tmp_path, configuration)))
    env = program["prepare"](VecMonitor(program["make_env"](program["NUM_ENVS"])))
    agent = program["build_agent"](env, seed=SEED)
    assert_same_agent(agent, configuration)
    assert [parent.__name__ for parent in type(agent).__mro__[:4]] == ["Penalizing", "Averaging", "Limiting", "Falling"]
    agent.learn(100)
    # Seven steps with a bonus of 0.5 in each, the last one too, which ended by time. The monitor does not see it.
    stored = agent.replay_buffer.rewards[:7].sum(axis=0)
    np.testing.assert_allclose(stored, [episode["r"] + 3.5 for episode in list(agent.ep_info_buffer)[:2]], rtol=1e-4)
    assert agent._n_updates > 0
    assert np.exp(agent.ent_coef_state.params["log_ent_coef"]) == pytest.approx(0.01)
    agent.save(tmp_path / "policy.zip")
    loaded, rows = sbx.SAC.load(tmp_path / "policy.zip"), np.zeros((2, 3), np.float32)
    np.testing.assert_array_equal(
        loaded.predict(rows, deterministic=True)[0], agent.predict(rows, deterministic=True)[0]
    )


def test_a_simba_network_without_normalisation():
    network = Network(kind="simba", pi=(8,), qf=(8,))
    text = get_format("sbx").text(example(network=network, normalize_observations=False))
    assert '"SimbaPolicy",' in text
    assert "return ActionBox(env, ACTION_LOW, ACTION_HIGH)" in text
    assert "VecNormalize(" not in text


def test_it_trains_when_run_and_plain_sbx_loads_the_policy(tmp_path):
    # 300 steps of two robots; learning starts after 64, so that there are updates
    command = [sys.executable, "-c", RUN, str(written(tmp_path, example())), "--steps", "300", "--output", "out"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Saved to out" in done.stdout
    agent = sbx.SAC.load(tmp_path / "out" / "policy.zip")
    # collected in rollouts of 4 steps of 2 robots: 38 of them, 304 steps; from the 8th on, at 64, the next one learns
    assert agent.num_timesteps == 304
    assert agent._n_updates == 2 * (38 - 8)
    assert (tmp_path / "out" / "normalization.pkl").is_file()


def test_options_of_a_gymnasium_task_are_kept(tmp_path):
    options = {"env_kwargs": {"g": 5.0}, "max_episode_steps": 7}
    configuration = example().model_copy(update={"task": example().task.model_copy(update={"options": options})})
    env = runpy.run_path(str(written(tmp_path, configuration)))["make_env"](2)
    assert env.get_attr("g") == [5.0, 5.0]
    env.reset()
    dones = [env.step(np.zeros((2, 1)))[2].tolist() for _ in range(7)]
    assert dones == [[False, False]] * 6 + [[True, True]]


def test_another_simulator_is_left_to_the_user_and_taken_from_tuner_until_then(tmp_path):
    task = TaskConfig(id="Cartpole", simulator="mujoco", num_envs=2)
    file = written(tmp_path, example().model_copy(update={"task": task}))
    assert "FILL THIS IN" in file.read_text()
    env = runpy.run_path(str(file))["make_env"](2)
    assert env.reset().shape == (2, 4)
    env.close()


def test_the_program_is_formatted_and_has_no_idle_imports(tmp_path):
    critics = example("sac", critics_for_actor="mean", alive_bonus=0.5, normalize_observations=False)
    for configuration in (example("sac", **WALKER), critics, example("td3"), example("ppo")):
        file = written(tmp_path, configuration)
        for check in (["format", "--diff"], ["check"]):
            command = [sys.executable, "-m", "ruff", *check, "--isolated", "--line-length", "120", str(file)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout


def test_names_cannot_smuggle_code_into_the_file(tmp_path):
    task = TaskConfig(id='x"); raise SystemExit("\n', simulator="gymnasium")
    text = get_format("sbx").text(example().model_copy(update={"task": task}))
    (tmp_path / "agent.py").write_text(text)
    assert runpy.run_path(str(tmp_path / "agent.py"))["NUM_ENVS"] == 256
