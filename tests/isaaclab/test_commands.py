"""The commands on the real Isaac Lab: doctor, tasks, audit, bounds, and a study from its first trial to its export."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from tests.export.example import example
from tuner.config import TaskConfig, load_bounds
from tuner.export import dump_configuration
from tuner.simulators.server import server_for
from tuner.storage import read_study

ROOT = Path(__file__).parents[2]
A1 = "IsaacContrib-Velocity-Flat-UnitreeA1"
LEGS = ("FL", "FR", "RL", "RR")
MARK = "TUNER_TEST_FOLDER"
NEWTON_ORDER = [f"{leg}_{part}_joint" for leg in LEGS for part in ("hip", "thigh", "calf")]
"""Leg by leg, unlike PhysX, which orders all hips before all thighs."""


def tuner(*arguments, cwd, check=True):
    """Run a command as users do; return what it printed."""
    command = [sys.executable, "-m", "tuner", *map(str, arguments)]
    finished = subprocess.run(command, cwd=cwd, env=marked(cwd), capture_output=True, text=True)
    assert not check or finished.returncode == 0, finished.stdout + finished.stderr
    return finished


def marked(folder):
    """Return the environment of a test's commands; what they start inherits the mark."""
    return {**os.environ, "PYTHONPATH": str(ROOT), MARK: str(folder)}


def test_the_doctor_finds_isaac_lab_healthy(tmp_path):
    shown = json.loads(tuner("doctor", "--simulator", "isaaclab", "--num-envs", 16, "--json", cwd=tmp_path).stdout)
    assert shown["ok"]
    found = {check["check"]: check["text"] for check in shown["checks"]}
    assert re.search(r"with isaaclab 3\.0\.\d", found["interpreter"])
    assert "physics newton_mjwarp, device cpu" in found["launch"]
    assert "observations of 4 numbers" in found["step"]


def test_a_device_that_is_not_there_is_named(tmp_path):
    shown = tuner("doctor", "--simulator", "isaaclab", "--device", "cuda:7", cwd=tmp_path, check=False)
    assert shown.returncode == 1
    assert "device is cuda:7, but PyTorch" in shown.stdout


def test_the_tasks_are_those_that_isaac_lab_registers(tmp_path):
    shown = json.loads(tuner("tasks", "--simulator", "isaaclab", "--json", cwd=tmp_path).stdout)
    assert {"Isaac-Cartpole", "Isaac-Ant", A1} <= {entry["task"] for entry in shown["tasks"]}


@pytest.mark.parametrize(
    ("task", "options", "message"),
    [
        ("Isaac-Cartpole-Camera-Direct", [], "such as images"),
        ("Isaac-Cartpole", ["observation_group=critics"], "has no observation group 'critics'; it has: policy"),
        ("Isaac-Cartpole", ["physics=bullet"], "bullet"),
        ("Isaac-Cartpole", ["phisics=newton_mjwarp"], "Unknown option 'phisics' in task.options"),
    ],
)
def test_what_cannot_be_trained_on_is_one_message(tmp_path, task, options, message):
    given = [part for option in options for part in ("--option", option)]
    shown = tuner("audit", task, "--simulator", "isaaclab", *given, cwd=tmp_path, check=False)
    assert shown.returncode == 2
    assert message in shown.stderr
    assert "Traceback" not in shown.stderr


def test_the_audit_reads_joint_targets_from_the_running_environment(tmp_path):
    shown = json.loads(tuner("audit", A1, "--simulator", "isaaclab", "--json", cwd=tmp_path).stdout)
    assert shown["verdict"] == "hopeless"
    assert [dimension["name"] for dimension in shown["dimensions"]] == NEWTON_ORDER
    calf = shown["dimensions"][2]
    # -1.5 ± 0.25 * 100 rad, and the range of our own A1, -2.69653 to -0.916298 rad
    assert calf["target_low_degrees"] == pytest.approx(-1518.34, abs=0.01)
    assert calf["range_low_degrees"] == pytest.approx(-154.5, abs=0.01)


def test_bounds_from_a_pretraining(tmp_path):
    arguments = ["--simulator", "isaaclab", "--num-envs", 16, "--pretrain", "ppo", "--seconds", "15", "--steps", 20]
    tuner("bounds", A1, *arguments, "-o", "a1.yaml", cwd=tmp_path)
    bounds = load_bounds(tmp_path / "a1.yaml")
    assert len(bounds.low) == 12
    # An almost untrained PPO explores with a standard deviation of about 1, so its percentiles lie at about ±2.
    assert all(-6 < low < -1 and 1 < high < 6 for low, high in zip(bounds.low, bounds.high, strict=True))
    assert bounds.joint_limits is not None


def test_an_untrained_policy_is_recorded(tmp_path):
    arguments = ["--random", "--task", "Isaac-Cartpole", "--simulator", "isaaclab", "--num-envs", 16, "--steps", 20]
    shown = json.loads(tuner("actions", *arguments, "--json", cwd=tmp_path).stdout)
    (dimension,) = shown["dimensions"]
    assert dimension["box"] == [-100, 100]
    # tanh of a Gaussian with a standard deviation of about 1 is often near its ends.
    assert 0.05 < dimension["saturated"] < 0.6


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


STUDY = """
study: real
task: {id: Isaac-Cartpole, simulator: isaaclab, num_envs: 64, options: {physics: newton_mjwarp, device: cpu}}
search_space: sac_speed
fixed: FIXED
objective: {kind: time_to_return, target: 2.5}
budget: {seconds: 90, trials: 4}
sampler: {kind: random, seed: 1}
workers: {count: 2, threads: 1, launch_seconds: 900, calibrate: false}
storage: sqlite:///runs/tuner.db
"""


@pytest.mark.timeout(1500)
def test_a_study_from_its_first_trial_to_its_export(tmp_path):
    """It is interrupted and goes on; a trial reaches the target; the best is confirmed, exported and evaluated."""
    bundled = yaml.safe_load((ROOT / "studies" / "isaaclab_cartpole.yaml").read_text())
    fixed = {**bundled["fixed"], "ent_coef": 0.003, "learning_rate": 0.001}  # the share of the box is searched
    (tmp_path / "study.yaml").write_text(STUDY.replace("FIXED", json.dumps(fixed)))

    command = [sys.executable, "-m", "tuner", "run", "study.yaml"]
    with subprocess.Popen(command, cwd=tmp_path, env=marked(tmp_path), stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            if re.search("Trial 0: .* steps/s", line):
                running.send_signal(signal.SIGINT)
                break
        running.stdout.read()
    assert running.returncode == 130
    assert nothing_left(tmp_path)

    tuner("run", "study.yaml", cwd=tmp_path)
    study = read_study(f"sqlite:///{tmp_path}/runs/tuner.db", "real")
    finished = [trial for trial in study.trials if trial.state.name in ("COMPLETE", "PRUNED")]
    assert len(finished) == 4
    kinds = [trial.user_attrs["outcome"] for trial in finished]
    assert "reached" in kinds
    assert set(kinds) <= {"reached", "exhausted", "pruned"}
    details = finished[0].user_attrs["record"]["details"]["simulator"]
    assert details["versions"]["isaaclab"].startswith("3.0")
    assert (details["physics"], details["device"]) == ("newton_mjwarp", "cpu")
    assert study.user_attrs["fingerprint"]["task.simulator version"].startswith("3.0")

    tuner("confirm", "study.yaml", "--top", 1, "--seeds", 1, cwd=tmp_path)
    tuner("export", "study.yaml", "--format", "isaaclab", "-o", "sb3.yaml", cwd=tmp_path)
    check_export(tmp_path / "sb3.yaml")
    best = next(trial for trial in finished if trial.user_attrs["outcome"] == "reached")
    shown = tuner("evaluate", f"runs/real/trial-{best.number:04d}", "--episodes", 64, "--json", cwd=tmp_path)
    assert json.loads(shown.stdout)["mean"] > 1.0
    assert nothing_left(tmp_path)


def check_export(path):
    """Let Isaac Lab's own code read the export, in its own interpreter."""
    program = (
        "import sys, yaml; from isaaclab_rl.sb3 import process_sb3_cfg; "
        "read = process_sb3_cfg(yaml.safe_load(open(sys.argv[1])), num_envs=64); "
        "print(read['learning_rate'](1.0), read['batch_size'], read['gamma'])"
    )
    python = server_for(TaskConfig(id="Isaac-Cartpole", simulator="isaaclab")).python
    shown = subprocess.run([python, "-c", program, path], capture_output=True, text=True, check=True)
    rate, batch, gamma = map(float, shown.stdout.split()[-3:])
    assert (rate, batch, gamma) == pytest.approx((0.001, 256, 0.98))


def nothing_left(folder):
    """Return whether everything that a test's commands started has ended."""

    def is_of_this_test(process):
        try:
            return process.environ().get(MARK) == str(folder)
        except psutil.Error:
            return False

    return psutil.wait_procs(filter(is_of_this_test, psutil.process_iter()), timeout=30)[1] == []
