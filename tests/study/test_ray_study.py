"""A manager whose workers are on a Ray cluster: Ctrl-C, and the same command again."""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ray.cluster_utils import Cluster

from tests.study.test_processes import ROOT, read_until, trials_in

NODE: dict[str, Any] = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 * 2**20}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    cluster.add_node(**NODE)
    yield cluster
    cluster.shutdown()


def places_on(cluster: Cluster) -> dict[str, Any]:
    return {"kind": "ray", "address": cluster.address, "launch_seconds": 300.0}


def test_ctrl_c_queues_trials_again_and_the_same_command_goes_on(cluster: Cluster, tmp_path: Path) -> None:
    changes = json.dumps({"workers": places_on(cluster) | {"silence_seconds": 60.0}})
    command = [sys.executable, "-m", "tests.study.real_manager", str(tmp_path), "3", "{}", changes]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as first:
        read_until(first, "tick")
        first.send_signal(signal.SIGINT)
        read_until(first, "interrupted")
        assert first.wait() == 0
    states = Counter(trial.state.name for trial in trials_in(tmp_path))
    assert states["RUNNING"] == 0
    assert states["WAITING"] == states["FAIL"] > 0
    interrupted = [trial.params["lr"] for trial in trials_in(tmp_path) if trial.state.name == "FAIL"]

    second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert second.stdout.splitlines()[-1] == "finished"
    assert all(line.startswith("[I ") for line in second.stderr.splitlines())  # Optuna; Ray prints into its log
    complete = [trial for trial in trials_in(tmp_path) if trial.state.name == "COMPLETE"]
    assert len({trial.params["lr"] for trial in complete}) == len(complete) == 3
    assert set(interrupted) <= {trial.params["lr"] for trial in complete}
    assert (tmp_path / "runs" / "real" / f"trial-{complete[0].number:04d}" / "policy.zip").is_file()
