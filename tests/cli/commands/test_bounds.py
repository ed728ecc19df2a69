"""`tuner bounds`: from folders, recordings, tasks, and a policy trained for the purpose."""

import json
import re

import pytest
from typer.testing import CliRunner

from tests.actions.folders import write_trial
from tests.actions.recordings import JOINTS, make_recording
from tests.support import odd_actions
from tuner.cli.app import app
from tuner.cli.commands.bounds import progress_line
from tuner.config import ActionBox, load_bounds, load_study
from tuner.records import Tick

DISCRETE = f"{odd_actions.__file__}:DiscreteActions"
INFINITE = f"{odd_actions.__file__}:HalfInfiniteActions"
STUDY = """
study: tiny
task: {id: Cartpole}
search_space: sac_speed
objective: {target: 4.5}
action_bounds: bounds.yaml
"""


def call(*arguments):
    return CliRunner().invoke(app, ["bounds", *map(str, arguments)])


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def recording(here):
    # hip −3 … 2, knee 0 … 5: the percentiles 0 and 100.
    make_recording([[-3, 0], [2, 5], [0, 1], [1, 2]], joints=JOINTS).save(here / "a.npz")
    return here / "a.npz"


def test_a_recording_becomes_a_bounds_file(here, recording):
    shown = call(recording, "--percentiles", "0", "100")
    assert shown.exit_code == 0, shown.output
    assert load_bounds("bounds.yaml").box == ActionBox(low=(-3.0, 0.0), high=(2.0, 5.0))
    assert "Action bounds for Toy: percentiles 0 and 100 of 4 actions" in shown.stdout
    assert re.search(r"^hip +-3 +2 *$", shown.stdout, re.MULTILINE)
    assert "In a study file: action_bounds: bounds.yaml" in shown.stdout


def test_other_sources_of_a_recording(here, recording):
    shown = call(recording, "--source", "joint_limits", "-o", "limits.yaml", "--json")
    assert json.loads(shown.stdout)["low"] == [-3.6, -2.0]
    assert load_bounds("limits.yaml").source == "joint_limits"
    refused = call(recording, "--fraction", "0.5")
    assert refused.exit_code == 2
    assert "The task's action box, of 2 dimensions, is not finite" in refused.stderr


def test_a_trials_folder_is_recorded_first(here):
    write_trial(here / "trial")
    shown = call("trial", "--steps", "20", "-o", "b.yaml")
    assert shown.exit_code == 0, shown.output
    bounds = load_bounds("b.yaml")
    assert (bounds.percentiles, bounds.origin.policy, bounds.origin.samples) == ((2.5, 97.5), "trial", 80)
    assert -0.5 <= bounds.low[0] < bounds.high[0] <= 0.25  # the agent's own box


def test_a_task_alone_gives_a_share_of_its_box(here):
    assert call("Cartpole", "--fraction", "0.03").exit_code == 0
    bounds = load_bounds("bounds.yaml")
    assert (bounds.box, bounds.source) == (ActionBox(low=(-3.0,), high=(3.0,)), "fraction")
    (here / "study.yaml").write_text(STUDY)
    assert load_study("study.yaml").action_bounds == bounds


def test_a_task_is_opened_by_the_simulator_that_lists_it(here):
    assert call("Pendulum-v1", "--fraction", "0.5").exit_code == 0
    bounds = load_bounds("bounds.yaml")
    # The pendulum's torque is within ±2.
    assert (bounds.task.simulator, bounds.box) == ("gymnasium", ActionBox(low=(-1.0,), high=(1.0,)))


@pytest.mark.slow
def test_a_policy_is_trained_recorded_and_measured_in_one_go(here):
    # Every policy earns more than −1,000: the training ends with the first estimate, whatever the machine.
    training = ("--pretrain", "ppo", "--seconds", "2m", "--target", "-1000", "--num-envs", "8")
    shown = call("Cartpole", *training, "--steps", "5", "--json")
    assert shown.exit_code == 0, shown.output
    folder = "runs/pretrain-ppo-Cartpole/trial-0000"
    found = json.loads(shown.stdout)
    assert (found["origin"]["policy"], found["origin"]["samples"], found["source"]) == (folder, 40, "percentiles")
    assert sorted(path.name for path in (here / folder).iterdir() if path.suffix in (".npz", ".zip")) == [
        "actions.npz",
        "normalization.npz",
        "policy.zip",
    ]
    assert "Training PPO on Cartpole for 2:00; Ctrl-C ends it early." in shown.stderr
    assert "PPO's return is" in shown.stderr
    again = call(f"{folder}/actions.npz", "-o", "again.yaml", "--json")
    assert json.loads(again.stdout)["low"] == found["low"]


def test_progress_is_a_line():
    tick = Tick(index=1, clock_seconds=30.0, estimate=1.5, low=1.0, high=2.25, env_steps=12_000)
    assert progress_line(tick, 300.0) == "0:30 of 5:00   return 1.50 (1.00 to 2.25)   12,000 steps"
    assert progress_line(Tick(index=1, clock_seconds=30.0), 300.0) == "0:30 of 5:00   return —   0 steps"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["a.npz", "--percentiles", "97.5", "2.5"],
            "The percentiles are 97.5 and 2.5, but must be two numbers from 0 to 100",
        ),
        (["a.npz", "--source", "joint_limit"], "Did you mean 'joint_limits'?"),
        (["a.npz", "--source", "joint_limits", "--fraction", "0.1"], "--fraction does not go with --source"),
        (["a.npz", "--source", "fraction"], "add --fraction 0.03"),
        (["a.npz", "--source", "joint_limits", "--percentiles", "1", "99"], "--percentiles does not go with"),
        (["a.npz", "--percentiles", "1", "99", "--fraction", "0.1"], "Choose one."),
        (["a.npz", "--pretrain", "ppo"], "--pretrain takes a task's id, but a.npz is a recording or a folder."),
        (["a.npz", "--simulator", "mujoco"], "--simulator goes with a TASK only. Leave it out."),
        (["a.npz", "--seconds", "5m"], "--seconds goes with --pretrain only"),
        (["a.npz", "--num-envs", "2"], "--num-envs goes with a trial's folder or a TASK only"),
        (["a.npz", "--seed", "1"], "--seed goes with a trial's folder or a TASK only"),
        (["a.npz", "--threads", "1"], "--threads goes with a trial's folder or a TASK only"),
        (["a.npz", "--steps", "2"], "--steps goes with a trial's folder or --pretrain only"),
        (["Cartpole", "--fraction", "0.1", "--target", "3"], "--target goes with --pretrain only"),
        (["Cartpole", "--fraction", "0.1", "--deterministic"], "--deterministic goes with a trial's folder or"),
        (["runs/x/trial-0000", "--steps", "2"], "There is no folder or recording 'runs/x/trial-0000'"),
        (["Pendulum-v2", "--fraction", "0.1"], "No simulator lists a task 'Pendulum-v2'. Did you mean 'Pendulum-v1'?"),
        (["b.npz"], "There is no recording b.npz."),
        (["bounds.txt"], "bounds.txt is not a recording of actions"),
        (["Cartpole"], "train a policy first: tuner bounds Cartpole --pretrain ppo"),
        (["runs/x/trial-0000"], "There is no folder or recording 'runs/x/trial-0000'"),
        (["Cartpole", "--source", "joint_limits"], "Cartpole does not say which joint targets"),
        (["Cartpole", "--pretrain", "sac"], "Unknown algorithm to pretrain 'sac'"),
        (["Cartpole", "--pretrain", "ppo", "--seconds", "soon"], "--seconds: 'soon' is not a duration"),
        (["Cartpoole", "--pretrain", "ppo"], "Did you mean 'Cartpole'?"),
        (["CartPole-v1", "--simulator", "gymnasium", "--fraction", "0.1"], "need a Box of real numbers"),
        (["PointMass", "--simulator", DISCRETE, "--fraction", "0.1"], "'PointMass' has actions in Discrete(3)."),
        (["PointMass", "--simulator", DISCRETE, "--pretrain", "ppo"], "'PointMass' has actions in Discrete(3)."),
        (["PointMass", "--simulator", INFINITE, "--fraction", "0.1"], "is not finite, and the agent has no bounds"),
        (["Cartpole", "--pretrain", "ppo", "--target", "nan"], "--target nan: give the return at which to stop"),
        (["Cartpole", "--pretrain", "ppo", "--target", "-inf"], "--target -inf: give the return at which to stop"),
        (["~nosuchuser/a.npz"], "'~nosuchuser/a.npz' begins with ~nosuchuser, but there is no such home folder."),
        (["a.npz", "-o", "bounds.txt"], "bounds.txt exists already"),
    ],
)
def test_a_mistake_is_one_message_and_code_two(here, recording, arguments, message):
    (here / "bounds.txt").write_text("mine")
    refused = call(*arguments)
    assert refused.exit_code == 2, refused.output
    assert refused.stderr.splitlines()[-1].startswith("Error: ")
    assert message in refused.stderr
    assert (here / "bounds.txt").read_text() == "mine"
