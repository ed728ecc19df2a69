"""`tuner actions`: what is printed, what is kept, what is refused."""

import json

import pytest
from typer.testing import CliRunner

from tests.actions.folders import SIMULATOR, write_trial
from tests.support import odd_actions
from tuner.actions import load_recording
from tuner.cli.app import app

ODD = odd_actions.__file__


def call(*arguments):
    return CliRunner().invoke(app, ["actions", *map(str, arguments)])


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """The folder of a PPO on the point mass, whose box is −0.5 … 0.25."""
    folder = tmp_path_factory.mktemp("trial")
    write_trial(folder, "ppo")
    return folder


def test_a_trial_is_recorded_and_told(trial, tmp_path):
    shown = call(trial, "--steps", "10", "-o", tmp_path / "a.npz")
    assert shown.exit_code == 0, shown.output
    assert "trained PPO on PointMass, exploring: 10 steps of 4 robots" in shown.stdout
    assert "-0.5 … 0.25" in shown.stdout
    assert "beyond limits" not in shown.stdout  # its actions are no joint targets
    assert f"The recording is in {tmp_path / 'a.npz'}." in shown.stdout
    assert load_recording(tmp_path / "a.npz").commanded.shape == (10, 4, 1)


def test_numbers_for_programs(trial):
    shown = call(trial, "--steps", "5", "--num-envs", "3", "--deterministic", "--json")
    found = json.loads(shown.stdout)
    assert (found["algorithm"], found["deterministic"], found["samples"], found["file"]) == ("ppo", True, 15, None)
    (dimension,) = found["dimensions"]
    assert dimension["box"] == [-0.5, 0.25]
    assert set(dimension["percentiles"]) == {"0.5", "2.5", "97.5", "99.5"}


def test_an_untrained_policy_needs_no_trial():
    shown = call("--random", "--task", "PointMass", "--simulator", SIMULATOR, "--algorithm", "ppo", "--num-envs", "2")
    assert shown.exit_code == 0, shown.output
    assert "untrained PPO on PointMass, exploring: 500 steps of 2 robots" in shown.stdout


def test_an_untrained_policy_acts_in_the_simulator_that_lists_its_task():
    asked = ("--random", "--task", "Pendulum-v1", "--algorithm", "ppo", "--num-envs", "2", "--steps", "2", "--json")
    shown = call(*asked)
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["dimensions"][0]["box"] == [-2.0, 2.0]


def test_a_file_is_replaced_only_by_force(trial, tmp_path):
    (tmp_path / "a.npz").write_text("mine")
    refused = call(trial, "--steps", "1", "-o", tmp_path / "a.npz")
    assert refused.exit_code == 2
    assert "exists already. Name another file, or give --force to replace it." in refused.stderr
    assert (tmp_path / "a.npz").read_text() == "mine"
    assert call(trial, "--steps", "2", "-o", tmp_path / "a.npz", "--force").exit_code == 0
    assert load_recording(tmp_path / "a.npz").commanded.shape[0] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give either a trial's folder or --random --task TASK; neither was given."),
        (["{trial}", "--random"], "both were given"),
        (["--random"], "--random needs a task"),
        (["{trial}", "--algorithm", "sac"], "--algorithm goes with --random only. Leave it out."),
        (["{trial}", "--task", "Cartpole"], "--task goes with --random only"),
        (["{trial}", "--simulator", "mujoco"], "--simulator goes with --random only"),
        (["nowhere"], "There is no folder nowhere."),
        (["."], "is not a trial's folder: it has no spec.json"),
        (["{trial}", "--steps", "0"], "--steps: '0' was given"),
        (["{trial}", "--num-envs", "-1"], "--num-envs: '-1' was given"),
        (["{trial}", "-o", "no/such/folder/a.npz"], "there is no folder"),
        (["{trial}", "-o", "."], ". is a folder. Name a file in it"),
        (["--random", "--task", "Cartpole", "--algorithm", "sacc"], "Unknown algorithm 'sacc'. Did you mean 'sac'?"),
        (["--random", "--task", "Cartpoole"], "Did you mean 'Cartpole'?"),
        (["--random", "--task", "PointMass", "--simulator", f"{ODD}:DictActions"], "Only a Box with one dimension"),
        (["--random", "--task", "PointMass", "--simulator", f"{ODD}:HalfInfiniteActions"], "is not finite"),
        (["--random", "--task", "CartPole-v1", "--simulator", "gymnasium"], "need a Box of real numbers"),
    ],
)
def test_a_mistake_is_one_message_and_code_two(trial, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    refused = call(*(argument.format(trial=trial) for argument in arguments))
    assert refused.exit_code == 2, refused.output
    assert refused.stderr.startswith("Error: ")
    assert message in refused.stderr
