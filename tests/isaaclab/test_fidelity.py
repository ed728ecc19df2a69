"""The embedded A1 and Isaac Lab's own earn the same, once Isaac Lab starts, reads and touches as the embedded one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "fidelity.py"


@pytest.mark.timeout(1500)
def test_robots_that_drop_and_tremble_earn_the_same(tmp_path):
    # Forty control steps: the drop, the landing, and half a second of noise on the ground.
    small = ["--robots", "8", "--steps", "40", "--actions", "noise_0.5", "--sides", "contacts"]
    command = [sys.executable, BENCHMARK, *small, "--output", tmp_path]
    shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for line in ("Isaac Lab, contacts: noise_0.5", "feet − contacts", "isaaclab 3."):
        assert line in shown
    ours, theirs = (np.load(tmp_path / f"noise_0.5.{side}.npz") for side in ("feet", "contacts"))
    columns = [theirs["terms"].tolist().index(term) for term in ours["terms"]]
    np.testing.assert_allclose(ours["rates"], theirs["rates"][:, columns], rtol=0.02, atol=0.005)
    np.testing.assert_allclose(ours["forward"], theirs["forward"], atol=0.005)
    assert abs(ours["rates"]).sum(axis=1).min() > 0.5  # they did something
