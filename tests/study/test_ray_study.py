"""A manager whose workers are on a Ray cluster: Ctrl-C, and everything killed at random."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest
from ray._private.ray_constants import PROCESS_TYPE_RAYLET
from ray.cluster_utils import Cluster

from tests.study.killed_study import KilledStudy, role_of
from tests.study.test_processes import ROOT, read_until, trials_in

ROUNDS = 50
TRIALS = 150
NODE: dict[str, Any] = {"num_cpus": 1, "include_dashboard": False, "object_store_memory": 80 * 2**20}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    cluster.add_node(**NODE)
    yield cluster
    cluster.shutdown()


def places_on(cluster: Cluster) -> dict[str, Any]:
    return {"kind": "ray", "address": cluster.address, "launch_seconds": 300.0}


class KilledRayStudy(KilledStudy):
    """Its workers are processes of the cluster's nodes, which this process has started."""

    def _processes(self) -> list[psutil.Process]:
        everything = psutil.Process().children(recursive=True)  # Ray's own processes among it, which go on
        return [each for each in everything if each.pid != self._manager.pid and role_of(each) != "another"]


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C once a trial runs, and wait for an orderly end."""
    read_until(process, "tick")
    process.send_signal(signal.SIGINT)
    read_until(process, "interrupted")
    assert process.wait() == 0


def queued_again(folder: Path) -> list[optuna.trial.FrozenTrial]:
    """Return the trials that were interrupted, each of which is queued again."""
    trials = trials_in(folder)
    states = Counter(trial.state.name for trial in trials)
    assert states["RUNNING"] == 0
    assert states["WAITING"] == states["FAIL"] > 0
    return [trial for trial in trials if trial.state.name == "FAIL"]


def test_ctrl_c_queues_trials_again_and_the_same_command_goes_on(cluster: Cluster, tmp_path: Path) -> None:
    changes = json.dumps({"workers": places_on(cluster) | {"silence_seconds": 60.0}})
    command = [sys.executable, "-m", "tests.study.real_manager", str(tmp_path), "3", "{}", changes]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as first:
        interrupt(first)
    interrupted = [trial.params["lr"] for trial in queued_again(tmp_path)]

    second = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert second.stdout.splitlines()[-1] == "finished"
    assert all(line.startswith("[I ") for line in second.stderr.splitlines())  # Optuna; Ray prints into its log
    complete = [trial for trial in trials_in(tmp_path) if trial.state.name == "COMPLETE"]
    assert len({trial.params["lr"] for trial in complete}) == len(complete) == 3
    assert set(interrupted) <= {trial.params["lr"] for trial in complete}
    assert (tmp_path / "runs" / "real" / f"trial-{complete[0].number:04d}" / "policy.zip").is_file()


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_is_lost_when_anything_is_killed(cluster: Cluster, tmp_path: Path) -> None:
    """In each round a manager, the process that speaks to Ray, an actor, a process that trains, or a node is killed."""
    chance = random.Random(0)
    nodes = [cluster.add_node(**NODE)]
    study = KilledRayStudy(tmp_path, TRIALS, {}, places=places_on(cluster) | {"count": 3})
    killed: Counter[str] = Counter()
    try:
        while killed.total() < ROUNDS and study.go_on():
            time.sleep(chance.uniform(0.5, 4.0))
            role = chance.choice(["manager", "driver", "actor", "worker", "raylet"])
            if role == "raylet":
                node = nodes.pop()
                raylet = node.all_processes[PROCESS_TYPE_RAYLET][0].process
                raylet.kill()
                raylet.wait()  # until then it looks alive to its workers
                cluster.remove_node(node)
                nodes.append(cluster.add_node(**NODE))
                killed[role] += 1
            else:
                study.kill(role, chance)
                killed[role] = study.killed[role]
        assert killed.total() == ROUNDS  # the study has not ended before
        study.finish()
        study.check()
    finally:
        study.end()
