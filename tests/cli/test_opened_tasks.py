"""Tasks of the command line: found, opened, closed, and recorded while a policy acts on them."""

import json
from pathlib import Path

import pytest

from tests.actions.folders import SIMULATOR, TASK, write_trial
from tuner.cli.opened_tasks import DEFAULT_ROBOTS, opened, record_trial, record_untrained, task_of
from tuner.config import TaskConfig
from tuner.errors import UserError

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
