"""The commands on the real Isaac Lab: doctor, audit, bounds, training, evaluation, and what is refused."""

import json
import re

import pytest

from tests.export.example import example
from tests.isaaclab.commands import tuner
from tuner.config import TaskConfig, load_bounds
from tuner.errors import UserError
from tuner.export import dump_configuration
from tuner.simulators.server import Client, ServedEnv, server_for

A1 = "IsaacContrib-Velocity-Flat-UnitreeA1"
LEGS = ("FL", "FR", "RL", "RR")
NEWTON_ORDER = [f"{leg}_{part}_joint" for leg in LEGS for part in ("hip", "thigh", "calf")]
"""Leg by leg, unlike PhysX, which orders all hips before all thighs."""


def test_the_doctor_finds_isaac_lab_healthy(tmp_path):
    shown = json.loads(tuner("doctor", "--simulator", "isaaclab", "--num-envs", 16, "--json", cwd=tmp_path).stdout)
    assert shown["ok"]
    found = {check["check"]: check["text"] for check in shown["checks"]}
    assert re.search(r"with isaaclab 3\.0\.\d", found["interpreter"])
    assert "physics newton_mjwarp, device cpu" in found["launch"]
    assert "observations of 4 numbers" in found["step"]


@pytest.mark.parametrize(
    ("task_id", "options", "message"),
    [
        ("Isaac-Cartpole-Camera-Direct", {}, "such as images"),
        ("Isaac-Cartpole", {"observation_group": "critics"}, "has no observation group 'critics'; it has: policy"),
        ("Isaac-Cartpole", {"physics": "bullet"}, "bullet"),
        ("Isaac-Cartpole", {"phisics": "newton_mjwarp"}, r"Unknown option 'phisics' in task\.options"),
    ],
)
def test_what_cannot_be_trained_on_is_one_message(fleet, task_id, options, message):
    task = TaskConfig(id=task_id, simulator="isaaclab", num_envs=16, options=options)
    server = server_for(task)
    process = fleet.take(server, (task, 1))
    client = Client(process.connect(), process.log)
    with pytest.raises(UserError, match=message):
        ServedEnv(task, client, seed=0, threads=1)
    client.close()
    fleet.give_back(server, (task, 1), process)


def test_the_audit_reads_joint_targets_from_the_running_environment(tmp_path):
    shown = json.loads(tuner("audit", A1, "--simulator", "isaaclab", "--json", cwd=tmp_path).stdout)
    assert shown["verdict"] == "hopeless"
    assert [dimension["name"] for dimension in shown["dimensions"]] == NEWTON_ORDER
    calf = shown["dimensions"][2]
    # -1.5 ± 0.25 * 100 rad, and the range of our own A1, -2.69653 to -0.916298 rad
    assert calf["target_low_degrees"] == pytest.approx(-1518.34, abs=0.01)
    assert calf["range_low_degrees"] == pytest.approx(-154.5, abs=0.01)


def test_bounds_from_a_pretraining(tmp_path):
    arguments = ["--simulator", "isaaclab", "--num-envs", 16, "--pretrain", "ppo", "--seconds", "6", "--steps", 20]
    tuner("bounds", A1, *arguments, "-o", "a1.yaml", cwd=tmp_path)
    bounds = load_bounds(tmp_path / "a1.yaml")
    assert len(bounds.low) == 12
    # An almost untrained PPO explores with a standard deviation of about 1, so its percentiles lie at about ±2.
    assert all(-6 < low < -1 and 1 < high < 6 for low, high in zip(bounds.low, bounds.high, strict=True))
    assert bounds.joint_limits is not None


def test_an_export_is_trained_and_its_policy_evaluated_and_recorded(tmp_path):
    options = {"physics": "newton_mjwarp", "device": "cpu", "max_episode_steps": 40}
    task = TaskConfig(id="Isaac-Cartpole", simulator="isaaclab", num_envs=16, options=options)
    configuration = example().model_copy(update={"task": task})
    (tmp_path / "agent.json").write_text(dump_configuration(configuration))
    trained = json.loads(tuner("train", "agent.json", "--seconds", 5, "-o", "out", "--json", cwd=tmp_path).stdout)
    assert trained["outcome"]["updates"] > 0
    assert trained["outcome"]["details"]["simulator"]["physics"] == "newton_mjwarp"

    evaluated = json.loads(tuner("evaluate", "out", "--episodes", 16, "--json", cwd=tmp_path).stdout)
    assert (evaluated["episodes"], evaluated["max_length"]) == (16, 40)
    assert -10 < evaluated["mean"] < 1  # at most 1/60 a step

    recorded = json.loads(tuner("actions", "out", "--steps", 10, "--json", cwd=tmp_path).stdout)
    (dimension,) = recorded["dimensions"]
    assert dimension["box"] == [-1.25, 1.5]
    assert -1.25 <= dimension["minimum"] < dimension["maximum"] <= 1.5
