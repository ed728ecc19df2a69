"""`tuner evaluate`: what is printed, what is refused."""

import json

import pytest
from typer.testing import CliRunner

from tests.actions.folders import write_trial
from tests.support.rendering import skip_without_rendering
from tuner.cli.app import app
from tuner.cli.commands.evaluate import lines
from tuner.policies import EpisodeSummary

PERFECT = EpisodeSummary(1, 1.5, None, None, 1.5, 1.5, 1.5, 0.0, 20.0, 20.0, 20, 20, 20)


def call(*arguments):
    return CliRunner().invoke(app, ["evaluate", *map(str, arguments)])


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """A PPO on the point mass, whose episodes have 20 steps."""
    folder = tmp_path_factory.mktemp("trial")
    write_trial(folder, "ppo")
    return folder


def test_a_policy_is_evaluated_and_told(trial):
    shown = call(trial, "--episodes", "8")
    assert shown.exit_code == 0, shown.output
    assert "PPO on PointMass, without exploration: 8 episodes" in shown.stdout
    assert "(95 %: " in shown.stdout
    assert ", target 1 " in shown.stdout
    assert "mean 20.0 of 20 steps" in shown.stdout
    assert "0.0% of the episodes" in shown.stdout
    _, measured = shown.stdout.split("What the task measured, means over the steps of these episodes:\n")
    name, value = measured.split()
    assert name == "speed"
    assert 0 < float(value) < 2


def test_numbers_for_programs(trial):
    found = json.loads(call(trial, "--episodes", "3", "--exploring", "--seed", "4", "--json").stdout)
    assert (found["task"], found["algorithm"], found["deterministic"], found["seed"]) == ("PointMass", "ppo", False, 4)
    assert (found["episodes"], found["longest"], found["max_length"], found["target"]) == (3, 20, 20, 1.0)
    assert found["low"] <= found["mean"] <= found["high"]
    assert found["video"] is None
    assert 0 < found["metrics"]["speed"] < 2


def test_a_single_episode_has_no_interval_and_a_missed_target_is_said():
    shown = dict(lines(PERFECT, 2.0))
    assert shown["return"] == "mean 1.50, target 2 not reached"
    assert dict(lines(PERFECT, 1.5))["return"] == "mean 1.50, target 1.5 reached"
    assert dict(lines(PERFECT, None))["return"] == "mean 1.50"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "There is no folder nowhere."),
        (["."], "is not a trial's folder: it has no spec.json"),
        (["{trial}", "--episodes", "0"], "--episodes: '0' was given"),
        (["{trial}", "--threads", "0"], "--threads: '0' was given"),
        (["{trial}", "--video", "a.avi"], "a.avi does not end in .mp4 or .gif"),
        (["{trial}", "--video-seconds", "3"], "--video-seconds goes with --video only."),
        (["{trial}", "--video", "a.gif", "--video-seconds", "0"], "--video-seconds: '0' is not a length of time"),
        (["{trial}", "--video", "there.mp4"], "there.mp4 exists already."),
        (["{trial}", "--video", "no/folder/a.mp4"], "there is no folder"),
        (["{damaged}"], "has no policy.zip"),
    ],
)
def test_a_mistake_is_one_message_and_code_two(trial, tmp_path, monkeypatch, arguments, message):
    pytest.importorskip("imageio_ffmpeg")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.mp4").touch()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "spec.json").write_text((trial / "spec.json").read_text())
    refused = call(*(argument.format(trial=trial, damaged=tmp_path / "damaged") for argument in arguments))
    assert refused.exit_code == 2, refused.output
    assert refused.stderr.startswith("Error: ")
    assert message in refused.stderr


@pytest.mark.parametrize("fields", [{"python": "/no/python"}, {"simulator": "isaaclab"}])
def test_a_task_in_an_interpreter_of_its_own_is_not_started_to_be_filmed(tmp_path, fields):
    write_trial(tmp_path, "ppo")
    file = tmp_path / "spec.json"
    spec = json.loads(file.read_text())
    file.write_text(json.dumps({**spec, "task": {**spec["task"], **fields}}))
    refused = call(tmp_path, "--video", tmp_path / "a.mp4")
    assert refused.exit_code == 2
    assert "Error: --video cannot film PointMass: its simulator" in refused.stderr
    assert "runs in an interpreter of its own, and only tasks of the simulator 'mujoco'" in refused.stderr


def test_a_task_that_cannot_be_filmed_leaves_no_video(trial, tmp_path):
    skip_without_rendering()
    pytest.importorskip("imageio_ffmpeg")
    refused = call(trial, "--video", tmp_path / "a.mp4")
    assert refused.exit_code == 2
    assert "only the tasks of the simulator 'mujoco' can" in refused.stderr
    assert list(tmp_path.iterdir()) == []
