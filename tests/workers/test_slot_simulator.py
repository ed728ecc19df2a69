"""Trials whose simulator runs in a server of its own: it stays warm, and nothing is left of it."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.contracts.pool import PoolContract, outcomes, until_ended, until_ticked
from tests.workers.trials import TICKS, endless, point_mass
from tuner.config import TrialSpec, WorkersConfig
from tuner.errors import UserError
from tuner.records import OutcomeKind
from tuner.workers import LocalPool, WaitEvent
from tuner.workers._slot_simulator import SlotSimulator

ROOT = Path(__file__).parents[2]
SLOW = """
import time
from tests.support.point_mass import PointMassSimulator

class Slow(PointMassSimulator):
    def open(self, task, **how):
        print("Loading the robots\\n+-----+", flush=True)
        time.sleep(3)  # long enough for two signs of life
        return super().open(task, **how)
"""
CONFIG = WorkersConfig(count=2, threads=1, silence_seconds=90)


def served(spec: TrialSpec) -> TrialSpec:
    """Return the trial with its task in an interpreter of its own."""
    return spec.model_copy(update={"task": spec.task.model_copy(update={"python": sys.executable})})


def servers(besides: tuple[psutil.Process, ...] = ()) -> tuple[psutil.Process, ...]:
    """Return the keepers of servers, and the simulators below them, besides those given."""
    mine = psutil.Process().children(recursive=True)
    return tuple(process for process in mine if "server_side" in " ".join(process.cmdline()) and process not in besides)


@pytest.fixture(scope="module")
def warm_pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalPool]:
    with LocalPool(CONFIG, log_dir=tmp_path_factory.mktemp("logs")) as pool:
        yield pool


class TestPoolWithServers(PoolContract):
    TICKS = TICKS

    def brief(self, number: int) -> TrialSpec:
        return served(point_mass(number))

    def endless(self, number: int) -> TrialSpec:
        return served(endless(number))

    @pytest.fixture
    def pool(self, warm_pool: LocalPool) -> LocalPool:
        return warm_pool

    @pytest.fixture
    def own_pool(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalPool:
        # A child that still imports is not waited for.
        monkeypatch.setattr("tuner.workers._local_pool.CLOSE_SECONDS", 0.5)
        return LocalPool(CONFIG, log_dir=tmp_path)


def test_the_server_outlives_its_workers_and_is_replaced_when_it_dies(tmp_path):
    others = servers()
    with LocalPool(WorkersConfig(count=1, threads=1, silence_seconds=90), log_dir=tmp_path) as pool:
        pool.submit(0, served(point_mass(1)))
        [ended] = outcomes(until_ended(pool))
        assert ended.outcome.kind is OutcomeKind.EXHAUSTED
        warm = {process.pid for process in servers(others)}
        assert len(warm) == 2  # keeper and simulator

        pool.submit(0, served(endless(2)))
        until_ticked(pool)
        os.kill(pool.pid(0), signal.SIGKILL)
        [ended] = outcomes(until_ended(pool))
        assert ended.outcome.kind is OutcomeKind.CRASHED
        pool.submit(0, served(point_mass(3)))
        [ended] = outcomes(until_ended(pool))
        assert ended.outcome.kind is OutcomeKind.EXHAUSTED
        assert {process.pid for process in servers(others)} == warm

        pool.submit(0, served(endless(4)))
        until_ticked(pool)
        for process in servers(others):
            process.kill()
        [ended] = outcomes(until_ended(pool))
        assert ended.outcome.kind is OutcomeKind.CRASHED
        assert ended.outcome.details["simulator_lost"] is True
        assert "The simulator's process ended" in ended.outcome.message
        pool.submit(0, served(point_mass(5)))
        [ended] = outcomes(until_ended(pool))
        assert ended.outcome.kind is OutcomeKind.EXHAUSTED
        fresh = servers(others)
        assert warm.isdisjoint(process.pid for process in fresh)
    _, alive = psutil.wait_procs(fresh, timeout=10)
    assert alive == []


def test_another_task_in_the_same_slot(tmp_path):
    with LocalPool(WorkersConfig(count=1, threads=1, silence_seconds=90), log_dir=tmp_path) as pool:
        for number, robots in enumerate((4, 6)):
            pool.submit(0, served(point_mass(number, num_envs=robots)))
            [ended] = outcomes(until_ended(pool))
            assert ended.outcome.kind is OutcomeKind.EXHAUSTED


def test_an_interpreter_that_is_none_is_the_users_mistake(tmp_path):
    spec = point_mass(1)
    task = spec.task.model_copy(update={"python": str(tmp_path / "python")})
    with LocalPool(WorkersConfig(count=1, threads=1), log_dir=tmp_path) as pool:
        pool.submit(0, spec.model_copy(update={"task": task}))
        [ended] = outcomes(until_ended(pool))
    assert ended.outcome.kind is OutcomeKind.CRASHED
    assert ended.outcome.details["user_error"] is True
    assert "cannot run the simulator: it does not exist" in ended.outcome.message


def test_what_a_simulator_does_while_it_starts_reaches_the_manager(tmp_path, monkeypatch):
    (tmp_path / "slow.py").write_text(SLOW)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    spec = served(point_mass(1, simulator=f"{tmp_path}/slow.py:Slow"))
    with LocalPool(WorkersConfig(count=1, threads=1, silence_seconds=90), log_dir=tmp_path) as pool:
        pool.submit(0, spec)
        events = until_ended(pool)
    waits = [event for event in events if isinstance(event, WaitEvent)]
    assert all((event.slot, event.spec) == (0, spec) for event in waits)
    assert "opening the task (Loading the robots)" in {event.doing for event in waits}


def test_a_server_that_could_not_be_started_is_tried_again(tmp_path):
    simulator = SlotSimulator(frozenset({0}), tmp_path / "log", {})
    task = served(point_mass(1)).task
    (tmp_path / "log").mkdir()  # the log cannot be opened, so the server cannot be started
    for _ in range(2):
        with pytest.raises(UserError):
            simulator.prepare(task)
    (tmp_path / "log").rmdir()
    assert simulator.prepare(task)
    assert simulator.connect() is not None
    simulator.end()


def test_closing_the_pool_interrupts_trials_of_served_tasks(tmp_path):
    pool = LocalPool(WorkersConfig(count=1, threads=1, silence_seconds=90), log_dir=tmp_path)
    pool.submit(0, served(endless(1)))
    until_ticked(pool)
    pool.close()
    [ended] = outcomes(pool.poll(0.0))
    assert ended.outcome.kind is OutcomeKind.INTERRUPTED
