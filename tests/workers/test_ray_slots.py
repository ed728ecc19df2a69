"""Slots on a Ray that this process starts; a test can let hours pass for them.

The process that trains does what the trial says, without training. `test_ray_pool.py` has the real one.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray

from tests.contracts.pool import INTERRUPT, PRUNE, outcomes
from tests.support.processes import below
from tests.workers import scripted_child
from tests.workers.trials import JumpingClock, point_mass
from tuner.config import TrialSpec, WorkersConfig
from tuner.errors import TunerError, UserError
from tuner.records import Outcome, OutcomeKind
from tuner.workers import Event, NoticeEvent, TickEvent, _ray_cluster
from tuner.workers._ray_cluster import RayCluster
from tuner.workers._ray_slots import RaySlots, _with_files

CONFIG = WorkersConfig(kind="ray", address="local", count=1, threads=1, resources={"isaaclab": 1})
CODE = str(Path(__file__).parents[1] / "support")
COMMAND = (sys.executable, scripted_child.__file__)


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    with tempfile.TemporaryDirectory(prefix="tuner-ray-") as scratch:  # tmp_path is too long for Ray's sockets
        yield RayCluster(CONFIG, [CODE], Path(scratch))
        ray.shutdown()


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def slots(cluster: RayCluster, clock: JumpingClock) -> Iterator[RaySlots]:
    slots = RaySlots(cluster, clock, command=COMMAND)
    until_ready(slots)
    yield slots
    slots.close()
    for process in trainers():  # it does not watch its parent, as a real one does
        process.kill()


def until_ready(slots: RaySlots) -> None:
    while not slots.ready:
        slots.poll(1.0)


def until_ticked(slots: RaySlots) -> None:
    while not any(isinstance(event, TickEvent) for event in slots.poll(1.0)):
        pass


def until_outcome(slots: RaySlots) -> Outcome:
    events: list[Event] = []
    while not outcomes(events):
        events += slots.poll(1.0)
    return outcomes(events)[0].outcome


def scripted(*words: str) -> TrialSpec:
    spec = point_mass(1)
    return spec.model_copy(update={"task": spec.task.model_copy(update={"options": {"do": list(words)}})})


def trainers() -> list[psutil.Process]:
    """The processes that train."""
    return below(psutil.Process(), scripted_child.__file__)


def actor() -> psutil.Process:
    [trainer] = trainers()
    parent = trainer.parent()
    assert parent is not None
    return parent


def test_one_trial_after_another(slots: RaySlots) -> None:
    slots.submit(0, scripted("train", "tick", "end"))
    outcome = until_outcome(slots)
    slots.submit(0, scripted("train", "tick", "wait for a stop and end"))
    until_ticked(slots)
    slots.stop(0, PRUNE)
    stopped = until_outcome(slots)
    assert (outcome.kind, stopped.kind, stopped.rule) == (OutcomeKind.EXHAUSTED, OutcomeKind.PRUNED, "behind")
    assert outcome.details["pid"] == stopped.details["pid"]


def test_a_notice_comes_once_however_many_actors_have_it(slots: RaySlots) -> None:
    found: list[str] = []
    for _ in range(2):
        slots.submit(0, scripted("train", "notice:odd", "tick", "hang"))
        events: list[Event] = []
        while not any(isinstance(event, TickEvent) for event in events):
            events += slots.poll(1.0)
        found += [event.text for event in events if isinstance(event, NoticeEvent)]
        actor().kill()  # the next one has not said it yet
        until_outcome(slots)
        until_ready(slots)
    assert found == ["odd"]


def test_a_process_that_trains_dies(slots: RaySlots) -> None:
    slots.submit(0, scripted("train", "tick", "kill:SIGKILL"))
    outcome = until_outcome(slots)
    assert outcome.kind is OutcomeKind.CRASHED
    assert outcome.message.startswith("the worker was killed by SIGKILL")
    assert slots.ready == {0}


def test_an_actor_dies(slots: RaySlots) -> None:
    slots.submit(0, scripted("train", "tick", "hang"))
    until_ticked(slots)
    actor().kill()
    outcome = until_outcome(slots)
    assert outcome.kind is OutcomeKind.CRASHED
    assert outcome.message.startswith("the worker's process on the node ended: ")
    assert (outcome.details["phase"], outcome.clock_seconds) == ("train", 2.0)
    until_ready(slots)
    slots.submit(0, scripted("end"))
    assert until_outcome(slots).kind is OutcomeKind.EXHAUSTED


def test_an_actor_that_says_nothing_hangs(slots: RaySlots, clock: JumpingClock) -> None:
    slots.submit(0, scripted("train", "tick", "hang"))
    until_ticked(slots)
    silent = actor()
    os.kill(silent.pid, signal.SIGSTOP)
    slots.poll(1.0)
    clock.jump(100.0)  # 60 s of silence are allowed, and 30 more for an answer
    outcome = until_outcome(slots)
    assert outcome.kind is OutcomeKind.HUNG
    assert outcome.message.startswith("no sign of life for 1")
    assert psutil.wait_procs([silent], timeout=60)[1] == []
    until_ready(slots)


def test_an_interruption_that_is_not_obeyed(slots: RaySlots, clock: JumpingClock) -> None:
    slots.submit(0, scripted("train", "tick", "hang"))
    until_ticked(slots)
    os.kill(actor().pid, signal.SIGSTOP)
    slots.stop(0, INTERRUPT)
    clock.jump(12.0)
    outcome = until_outcome(slots)
    assert (outcome.kind, outcome.message) == (OutcomeKind.INTERRUPTED, "interrupted by force")
    assert outcome.clock_seconds == 2.0


def test_a_slot_that_has_just_lost_its_worker(cluster: RayCluster) -> None:
    slots = RaySlots(cluster)
    slots.submit(0, point_mass(1))  # the actor has not been placed yet
    outcome = until_outcome(slots)
    assert (outcome.kind, outcome.message) == (OutcomeKind.INTERRUPTED, "its worker went away before it began")
    slots.close()


def test_a_node_with_another_version(cluster: RayCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ray_cluster, "__version__", "9.9.9")
    slots = RaySlots(cluster)
    with pytest.raises(UserError, match=r"No node of the Ray cluster can be used\. The node .* is not used: it has "):
        until_ready(slots)


def test_a_node_without_room(cluster: RayCluster, clock: JumpingClock) -> None:
    first = RaySlots(cluster)
    until_ready(first)
    second = RaySlots(cluster, clock)  # there is one `isaaclab`
    second.poll(0.1)
    clock.jump(301.0)
    message = r"No worker could be placed on the Ray cluster for 300 s .*Each asks for 1 CPU, 1 isaaclab, and others"
    with pytest.raises(UserError, match=message):
        second.poll(0.1)
    first.close()
    second.close()


def test_workers_that_cannot_start(cluster: RayCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "folders", 7)  # no list of folders
    slots = RaySlots(cluster)
    with pytest.raises(TunerError, match=r"No worker can be started|No node of the Ray cluster can be used"):
        until_ready(slots)
    slots.close()


def test_files_lie_where_the_manager_wants_them(tmp_path: Path) -> None:
    spec = point_mass(1).model_copy(update={"directory": str(tmp_path / "runs" / "trial-0001")})
    files = {"outcome.json": b"{}", "spec.json": b"of the node", "policy.zip": b"PK"}
    outcome = Outcome(OutcomeKind.EXHAUSTED)
    assert _with_files(outcome, spec, files) == outcome
    written = tmp_path / "runs" / "trial-0001"
    assert {file.name for file in written.iterdir()} == files.keys()
    assert TrialSpec.model_validate_json((written / "spec.json").read_text()) == spec  # with this machine's paths
    assert (written / "policy.zip").read_bytes() == b"PK"

    (tmp_path / "file").touch()
    lost = spec.model_copy(update={"directory": str(tmp_path / "file" / "trial")})
    warned = _with_files(outcome, lost, files)  # a folder that cannot be written loses files, never a trial
    assert warned.kind is OutcomeKind.EXHAUSTED
    assert warned.details["warning"].startswith(f"the trial's files could not be written to {tmp_path}/file/trial: ")
    assert _with_files(outcome, point_mass(1), files) == outcome
