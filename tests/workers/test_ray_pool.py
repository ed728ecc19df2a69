"""Workers on a Ray cluster of several nodes, all on this machine, whose nodes come, go and die."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from ray._private.ray_constants import PROCESS_TYPE_GCS_SERVER, PROCESS_TYPE_RAYLET
from ray.cluster_utils import Cluster

from tests.contracts.pool import PoolContract, outcomes, ticks, until_ended, until_ticked
from tests.support.processes import below
from tests.workers.trials import TICKS, endless, point_mass
from tuner import __version__
from tuner.config import TrialSpec, WorkersConfig
from tuner.errors import TunerError, UserError
from tuner.records import OutcomeKind
from tuner.workers import Event, PoolEvent, RayPool, _ray_pool

STORE_BYTES = 80 * 2**20


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    head = node(num_cpus=2, resources={"here": 2}, ray_client_server_port=free_port())
    cluster = Cluster(initialize_head=True, head_node_args=head)
    cluster.add_node(**node(num_cpus=2, resources={"left": 1}))
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def warm_pool(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayPool]:
    with open_on(cluster, tmp_path_factory.mktemp("logs"), slots=2) as pool:
        yield pool


def node(**offers: Any) -> dict[str, Any]:
    return {"include_dashboard": False, "object_store_memory": STORE_BYTES, **offers}


def free_port() -> int:
    with socket.create_server(("", 0)) as server:
        return int(server.getsockname()[1])


def workers_on(cluster: Cluster, **asked: Any) -> WorkersConfig:
    return WorkersConfig(kind="ray", threads=1, **{"address": cluster.address, "count": 2, **asked})


def open_on(cluster: Cluster, log_dir: Path, *, slots: int = 1, **asked: Any) -> RayPool:
    pool = RayPool(workers_on(cluster, **asked), point_mass(0).task, log_dir=log_dir)
    until_idle(pool, slots)
    return pool


def until_idle(pool: RayPool, slots: int) -> list[Event]:
    events: list[Event] = []
    while len(pool.idle()) < slots:
        events += pool.poll(0.5)
    return events


def raylet_of(member: Any) -> psutil.Process:
    return psutil.Process(member.all_processes[PROCESS_TYPE_RAYLET][0].process.pid)


def kill(member: Any, kind: str) -> None:
    """Kill a process of a node. One that is not waited for looks alive to the node's workers."""
    process = member.all_processes[kind][0].process
    process.kill()
    process.wait()


def trainers(raylet: psutil.Process) -> list[psutil.Process]:
    return below(raylet, "tuner.workers.child")


def gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=60)[1]


class TestRayPool(PoolContract):
    TICKS = TICKS

    def brief(self, number: int) -> TrialSpec:
        return point_mass(number)

    def endless(self, number: int) -> TrialSpec:
        return endless(number)

    @pytest.fixture
    def pool(self, warm_pool: RayPool) -> RayPool:
        return warm_pool

    @pytest.fixture
    def own_pool(self, cluster: Cluster, tmp_path: Path) -> RayPool:
        return open_on(cluster, tmp_path, slots=2)

    def test_simulators_stay_warm_and_files_come_home(self, pool: RayPool, tmp_path: Path) -> None:
        for number in (1, 2):
            spec = self.brief(number).model_copy(update={"directory": str(tmp_path / str(number))})
            pool.submit(0, spec)
            [ended] = outcomes(until_ended(pool))
        assert ended.outcome.details["worker_launch_seconds"] is None
        assert {"spec.json", "curve.jsonl", "outcome.json", "policy.zip"} <= set(os.listdir(tmp_path / "2"))  # noqa: PTH208
        assert TrialSpec.model_validate_json((tmp_path / "2" / "spec.json").read_text()) == spec


def test_nodes_join_leave_and_die(cluster: Cluster, warm_pool: RayPool, tmp_path: Path) -> None:
    warm_pool.close()  # the CPUs are needed
    with open_on(cluster, tmp_path, resources={"left": 1}) as pool:
        assert (pool.slots, len(pool.idle())) == (2, 1)  # the other slot waits for a node
        new = cluster.add_node(**node(num_cpus=1, resources={"left": 1}))
        until_idle(pool, 2)
        for number, slot in enumerate(pool.idle()):
            pool.submit(slot, endless(number))
        ticked: set[int] = set()
        while len(ticked) < 2:
            ticked |= {event.slot for event in ticks(until_ticked(pool))}

        training = trainers(raylet_of(new))
        assert len(training) == 1
        kill(new, PROCESS_TYPE_RAYLET)
        events = until_ended(pool)
        [ended] = outcomes(events)
        assert ended.outcome.kind is OutcomeKind.INTERRUPTED
        assert ended.outcome.message.endswith("left the Ray cluster")
        assert ended.outcome.clock_seconds > 0
        assert ended.outcome.details["phase"] == "train"
        [said] = [event.text for event in events if isinstance(event, PoolEvent)]
        assert said.endswith("has left the Ray cluster.")
        assert gone(training)
        assert pool.idle() == []  # one is lost, and the other trains on
        until_ticked(pool)
        cluster.remove_node(new)

        third = cluster.add_node(**node(num_cpus=1, resources={"left": 1}))
        until_idle(pool, 1)
        pool.submit(ended.slot, endless(3))
        until_ticked(pool)
        cluster.remove_node(third)
        [ended] = outcomes(until_ended(pool))
        assert (ended.spec.number, ended.outcome.kind) == (3, OutcomeKind.INTERRUPTED)


def test_a_node_with_another_version_is_not_used(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "tuner.py").write_text('__version__ = "9.9.9"\n')
    other = cluster.add_node(**node(num_cpus=1, resources={"other": 1}, env_vars={"PYTHONPATH": str(tmp_path)}))
    with pytest.raises(UserError) as caught:
        open_on(cluster, tmp_path, resources={"other": 1})
    said = str(caught.value)
    assert "No node of the Ray cluster can be used. The node " in said
    assert f"it has sac-tuner 9.9.9, but {__version__} runs here" in said
    cluster.remove_node(other)


def test_resources_that_no_node_has(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        open_on(cluster, tmp_path, resources={"isaaclab": 1}, gpus=1)
    assert "has what each worker asks for: 1 CPU, 1 GPU, 1 isaaclab. Its nodes: " in str(caught.value)
    assert "has 2 CPUs, 2 here" in str(caught.value)
    assert "has 2 CPUs, 1 left" in str(caught.value)


def test_a_wrong_token(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 32)
    with pytest.raises(UserError, match=r"refuses this machine's token.*RAY_AUTH_TOKEN"):
        open_on(cluster, tmp_path)


def test_through_rays_client_port(cluster: Cluster, tmp_path: Path) -> None:
    host, port = cluster.address.split(":")[0], cluster.head_node._ray_params.ray_client_server_port
    with open_on(cluster, tmp_path, count=1, address=f"ray://{host}:{port}") as pool:
        pool.submit(0, point_mass(1))
        [ended] = outcomes(until_ended(pool))
        assert ended.outcome.kind is OutcomeKind.EXHAUSTED
        pool.submit(0, endless(2))
        until_ticked(pool)
    assert [event.outcome.kind for event in outcomes(pool.poll(0.0))] == [OutcomeKind.INTERRUPTED]


def test_ray_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ray_pool, "find_spec", lambda _: None)
    with pytest.raises(UserError, match=r"'ray' is needed .*Install it with: pip install 'sac-tuner\[ray\]'"):
        RayPool(WorkersConfig(kind="ray"), point_mass(0).task, log_dir=tmp_path)


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="could not be created or written to"):
        RayPool(WorkersConfig(kind="ray"), point_mass(0).task, log_dir=tmp_path / "file" / "logs")


def test_the_process_that_speaks_to_ray_dies(cluster: Cluster, tmp_path: Path) -> None:
    with open_on(cluster, tmp_path, count=1) as pool:
        pool.submit(0, endless(1))
        until_ticked(pool)
        training = [process for member in cluster.list_all_nodes() for process in trainers(raylet_of(member))]
        [driver] = below(psutil.Process(), "tuner.workers.ray_driver")
        driver.kill()
        [ended] = outcomes(until_ended(pool))
        assert (ended.outcome.kind, ended.outcome.message) == (OutcomeKind.INTERRUPTED, "the Ray cluster was lost")
        assert pool.idle() == []
        with pytest.raises(TunerError, match=r"The connection to the Ray cluster is lost.*the same command goes on"):
            pool.poll(0.0)
    assert len(training) == 1
    assert gone(training)


def test_the_head_dies(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last test of this cluster."""
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "3")
    with open_on(cluster, tmp_path, count=1, resources={"here": 1}) as pool:
        pool.submit(0, endless(1))
        until_ticked(pool)
        training = trainers(raylet_of(cluster.head_node))
        for kind in (PROCESS_TYPE_GCS_SERVER, PROCESS_TYPE_RAYLET):
            kill(cluster.head_node, kind)
        [ended] = outcomes(until_ended(pool))
        assert ended.outcome.kind is OutcomeKind.INTERRUPTED
        with pytest.raises(TunerError, match="the same command goes on when the cluster is there"):
            pool.poll(0.0)
    assert gone(training)
