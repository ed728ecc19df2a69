"""A study on the real Isaac Lab, from its first trial to its export."""

import json
import subprocess

import pytest
import yaml

from tests.isaaclab.commands import ROOT, nothing_left, tuner
from tuner.config import TaskConfig
from tuner.simulators.server import server_for
from tuner.storage import read_study

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
    """A trial reaches the target; the best is confirmed, exported and evaluated."""
    bundled = yaml.safe_load((ROOT / "studies" / "isaaclab_cartpole.yaml").read_text())
    fixed = {**bundled["fixed"], "ent_coef": 0.003, "learning_rate": 0.001}  # the share of the box is searched
    (tmp_path / "study.yaml").write_text(STUDY.replace("FIXED", json.dumps(fixed)))
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
