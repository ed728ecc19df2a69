"""Tasks of the command line: found, opened, closed, and recorded while a policy acts on them."""

import json
from pathlib import Path

import gymnasium as gym
import pytest
from typer.testing import CliRunner

from tests.actions.folders import SIMULATOR, TASK, write_trial
from tuner.cli.app import app
from tuner.cli.opened_tasks import DEFAULT_ROBOTS, opened, record_trial, record_untrained, task_of
from tuner.config import TaskConfig, load_bounds
from tuner.errors import UserError
from tuner.machine import granted_cpu_count

RECORDED = {"steps": 3, "seed": 0, "threads": 1, "deterministic": False}


def test_a_task_is_opened_by_the_simulator_that_lists_it():
    assert task_of("Cartpole", None, None) == TaskConfig(id="Cartpole", simulator="mujoco", num_envs=DEFAULT_ROBOTS)
    assert task_of("Pendulum-v1", None, 3) == TaskConfig(id="Pendulum-v1", simulator="gymnasium", num_envs=3)


def test_a_simulator_that_is_named_is_taken_as_it_is():
    assert task_of("Anything", "gymnasium", 1).simulator == "gymnasium"


@pytest.mark.parametrize("reference", ["support/point_mass.py:PointMassSimulator", "./x/../support/point_mass.py:P"])
def test_a_simulator_of_the_users_is_found_from_the_working_directory(tmp_path, monkeypatch, reference):
    monkeypatch.chdir(tmp_path)
    name = reference.rpartition(":")[2]
    assert task_of("PointMass", reference, 1).simulator == f"{tmp_path}/support/point_mass.py:{name}"


def test_a_simulator_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert task_of("PointMass", "~/mine.py:Mine", 1).simulator == f"{tmp_path}/mine.py:Mine"


@pytest.mark.parametrize(("task", "message"), [("", "The task's id is empty"), ("Cartpol", "Did you mean 'Cartpole'")])
def test_a_task_that_there_is_not(task, message):
    with pytest.raises(UserError, match=message):
        task_of(task, None, None)


def test_a_task_is_closed_whatever_happens():
    closed = []

    def act():
        with opened(TASK, seed=0, threads=1) as env:
            env.close = lambda: closed.append(True)
            raise RuntimeError("on the way")

    with pytest.raises(RuntimeError, match="on the way"):
        act()
    assert closed == [True]


def test_what_the_machine_lacks_is_said(monkeypatch, capsys):
    monkeypatch.setattr("tuner.cli.opened_tasks.check_device", lambda: "WARNING: JAX does not use this machine's GPU.")
    with opened(TASK, seed=0, threads=granted_cpu_count()):
        pass
    assert capsys.readouterr() == ("", "WARNING: JAX does not use this machine's GPU.\n")
    monkeypatch.setattr("tuner.cli.opened_tasks.check_device", lambda: None)
    with opened(TASK, seed=0, threads=10_000):
        pass
    said = capsys.readouterr().err
    assert said == f"WARNING: 10000 threads were asked for, but there are CPUs for {granted_cpu_count()} only.\n"


def test_a_home_that_cannot_be_written_to_costs_only_the_cache(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with opened(TASK, seed=0, threads=1) as env:
        assert env.num_envs == 4


def test_a_trials_policy_is_recorded_on_its_own_task_with_as_many_robots_as_asked_for(tmp_path):
    write_trial(tmp_path)
    assert record_trial(tmp_path, num_envs=None, **RECORDED).commanded.shape == (3, 4, 1)
    recording = record_trial(tmp_path, num_envs=2, **RECORDED)
    assert recording.commanded.shape == (3, 2, 1)
    assert recording.task.num_envs == 2
    assert json.loads((tmp_path / "spec.json").read_text())["task"]["num_envs"] == 4


def test_an_untrained_policy_is_recorded():
    recording = record_untrained("PointMass", SIMULATOR, "ppo", num_envs=2, **RECORDED)
    assert (recording.policy, recording.algorithm) == ("untrained", "ppo")
    assert recording.commanded.shape == (3, 2, 1)
    assert Path(recording.task.simulator.rpartition(":")[0]).is_absolute()


def test_an_algorithm_that_there_is_not_is_refused_before_the_task_is_looked_for():
    with pytest.raises(UserError, match=r"Unknown algorithm 'sacc'\. Did you mean 'sac'"):
        record_untrained("no such task", None, "sacc", num_envs=1, **RECORDED)


ENVS = """
import gymnasium
import numpy as np
class Arm(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (2,))
    def __init__(self, gain):
        self.action_space = gymnasium.spaces.Box(-gain, gain, (1,))
    def reset(self, *, seed=None, options=None):
        return np.zeros(2, np.float32), {}
    def step(self, action):
        return np.zeros(2, np.float32), 0.0, False, False, {}
gymnasium.register("TypedArm-v0", Arm, max_episode_steps=7)
"""
STUDY = """
study: typed
task: {id: TypedArm-v0, simulator: gymnasium, num_envs: 3, options: {import: typed_arm, env_kwargs: {gain: 2.0}}}
search_space: ppo_speed
objective: {target: 4.5}
action_bounds: not_made_yet.yaml
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A folder with a package that registers an environment, and a study of it; the current folder is another."""
    folder = tmp_path / "robots"
    (folder / "typed_arm").mkdir(parents=True)
    (folder / "typed_arm" / "__init__.py").write_text(ENVS)
    (folder / "arm.yaml").write_text(STUDY)
    monkeypatch.chdir(tmp_path)
    yield folder
    gym.registry.pop("TypedArm-v0", None)


def test_options_are_those_of_a_study_file(own, monkeypatch):
    monkeypatch.chdir(own)
    task = task_of("TypedArm-v0", None, 2, ["import=typed_arm", "env_kwargs={gain: 2.0}"])
    assert (task.simulator, task.num_envs) == ("gymnasium", 2)
    assert task.options == {"import": f"{own}/typed_arm", "env_kwargs": {"gain": 2.0}}
    assert task_of("typed_arm:TypedArm-v0", None, 2).options == {"import": f"{own}/typed_arm"}


def test_a_study_file_stands_for_its_task_even_if_its_bounds_are_not_measured_yet(own):
    task = task_of("robots/arm.yaml", None, None, ["env_kwargs={gain: 3.0}"])
    assert (task.id, task.simulator, task.num_envs) == ("TypedArm-v0", "gymnasium", 3)
    assert task.options == {"import": f"{own}/typed_arm", "env_kwargs": {"gain": 3.0}}
    assert task_of("robots/arm.yaml", None, 5).num_envs == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("robots/arm.yaml", "mujoco", None), "--simulator goes with a task's id only"),
        (("robots/gone.yaml", None, None), r"There is no study file robots/gone\.yaml"),
        (("TypedArm-v0", "gymnasium", None, ["gain"]), "--option takes NAME=VALUE"),
    ],
)
def test_a_task_that_is_named_wrongly(own, arguments, message):
    with pytest.raises(UserError, match=message):
        task_of(*arguments)


def commands(own):
    arm = ("TypedArm-v0", "--simulator", "gymnasium", "--option", "import=./robots/typed_arm")
    given = (*arm, "--option", "env_kwargs={gain: 2.0}")
    yield from (["audit", *given], ["audit", "robots/arm.yaml"], ["audit", "typed_arm:TypedArm-v0", *given[1:]])
    for command in (
        ["bounds", "--fraction", "0.5", "--json", "--force"],
        ["actions", "--random", "--steps", "2", "--task"],
    ):
        yield from ([*command, *given], [*command, "robots/arm.yaml"])
    yield from (["doctor", "--task", *given], ["doctor", "--task", "robots/arm.yaml"])


def test_every_command_that_opens_a_task_takes_its_options_or_a_study_file(own):
    for command in commands(own):
        shown = CliRunner().invoke(app, command)
        assert shown.exit_code == 0, (command, shown.output)
    assert load_bounds("bounds.yaml").high == (1.0,)


@pytest.mark.parametrize("command", [["audit"], ["bounds", "--fraction", "0.5"], ["actions", "--random", "--task"]])
def test_a_discrete_task_is_refused_as_such(command):
    for named in ([], ["--simulator", "gymnasium"], ["--simulator", "mujoco"]):
        refused = CliRunner().invoke(app, [*command, "CartPole-v1", *named])
        assert refused.exit_code == 2
        assert "has discrete actions, Discrete(2)" in refused.stderr
        assert "Did you mean" not in refused.stderr


def test_a_policys_task_can_have_other_options(tmp_path):
    write_trial(tmp_path)
    with pytest.raises(UserError, match="no_such_option"):
        record_trial(tmp_path, num_envs=None, **RECORDED, assignments=["no_such_option=1"])
