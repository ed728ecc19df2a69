"""A worker as a node has it, without Ray around it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import faulty
from tests.workers.trials import TICKS, endless, point_mass
from tuner.config import WorkersConfig
from tuner.machine import allowed_cpus
from tuner.records import OutcomeKind
from tuner.training import StopRequest
from tuner.workers import OutcomeEvent, TickEvent
from tuner.workers._ray_worker import Order, RayWorker, Report, _claim_place

CONFIG = WorkersConfig(kind="ray", threads=1, gpus=0)
MANAGERS_FOLDER = "/home/someone/robots"
"""Where the user's own simulator lies on the manager's machine; not here."""


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RayWorker]:
    shutil.copytree(Path(faulty.__file__).parent, tmp_path / "0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    worker = RayWorker(CONFIG, 3, [MANAGERS_FOLDER])
    yield worker
    worker.close(0)


def until_ended(worker: RayWorker, order: Order, taken: int = 0) -> list[Report]:
    reports: list[Report] = []
    while not any(isinstance(report.event, OutcomeEvent) for report in reports):
        reports = list(worker.exchange(taken, order, 1.0))
    return reports


def test_trials_of_the_users_own_simulator_and_their_files(worker: RayWorker, tmp_path: Path) -> None:
    spec = point_mass(1, simulator=f"{MANAGERS_FOLDER}/faulty.py:FaultySimulator")
    order = Order(1, spec.model_copy(update={"directory": "/home/someone/runs/trial-0001"}))
    reports = until_ended(worker, order)
    *before, last = reports
    assert isinstance(last.event, OutcomeEvent)
    assert last.event.outcome.kind is OutcomeKind.EXHAUSTED, last.event.outcome
    assert sum(isinstance(report.event, TickEvent) for report in before) == TICKS
    assert [report.files for report in before] == [{}] * len(before)
    assert {"spec.json", "curve.jsonl", "outcome.json", "policy.zip"} <= set(last.files)
    assert last.files["policy.zip"][:2] == b"PK"
    assert worker.exchange(0, order, 0.0) == reports  # an answer that was lost on its way is given again
    assert worker.exchange(len(reports), order, 0.0) == []  # and the trial, which has ended, is not trained again

    spec = endless(2, simulator=f"{MANAGERS_FOLDER}/faulty.py:FaultySimulator")
    order = Order(2, spec, StopRequest(OutcomeKind.PRUNED, rule="behind"))
    [ended] = [r for r in until_ended(worker, order, len(reports)) if isinstance(r.event, OutcomeEvent)]
    assert (ended.event.outcome.kind, ended.event.outcome.rule) == (OutcomeKind.PRUNED, "behind")
    assert ended.event.outcome.details["worker_launch_seconds"] is None  # the process is the same
    assert ended.files == {}
    worker.close(0)
    assert [path.name for path in tmp_path.glob("sac-tuner-*") if "cpus" not in path.name] == []


def test_workers_of_a_machine_have_cpus_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    places, claims = zip(*(_claim_place(CONFIG, 4) for _ in range(len(allowed_cpus()) + 1)), strict=True)
    own = [place.cpus for place in places[:-1] if not place.shared]
    assert own
    assert sum(map(len, own)) == len(frozenset().union(*own))
    assert places[-1].shared  # nothing is left
    assert len(places[-1].cpus) == 1
    for lock in claims[0]:
        lock.release()
    again, _ = _claim_place(CONFIG, 4)
    assert (again.cpus, again.shared) == (places[0].cpus, False)


def test_what_workers_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    without, _ = _claim_place(CONFIG, 4)
    assert without.environment == {"SAC_TUNER_WORKERS": "4", "CUDA_VISIBLE_DEVICES": ""}
    third, _ = _claim_place(CONFIG.model_copy(update={"gpus": 0.3}), 2)
    assert third.environment == {"SAC_TUNER_WORKERS": "2", "SAC_TUNER_GPU_WORKERS": "3"}  # 1 / 0.3 = 3.33
    whole, _ = _claim_place(CONFIG.model_copy(update={"gpus": 2.0}), 1)
    assert whole.environment["SAC_TUNER_GPU_WORKERS"] == "1"
