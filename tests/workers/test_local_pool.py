"""The local pool trains real trials in real processes, and every real fault becomes its own outcome."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.pool import PoolContract, outcomes, until_ended, until_ticked
from tests.workers.trials import TICKS, JumpingClock, endless, point_mass
from tuner.config import AgentConfig, TrialSpec, WorkersConfig
from tuner.machine import memory_limit_bytes
from tuner.records import Outcome, OutcomeKind
from tuner.workers import LocalPool, _faults

CONFIG = WorkersConfig(count=2, threads=1)


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="module")
def warm_pool(log_dir: Path) -> Iterator[LocalPool]:
    with LocalPool(CONFIG, log_dir=log_dir) as pool:
        yield pool


class TestLocalPool(PoolContract):
    TICKS = TICKS

    def brief(self, number: int) -> TrialSpec:
        return point_mass(number)

    def endless(self, number: int) -> TrialSpec:
        return endless(number)

    @pytest.fixture
    def pool(self, warm_pool: LocalPool) -> LocalPool:
        return warm_pool

    @pytest.fixture
    def own_pool(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalPool:
        # A child that still imports is not waited for.
        monkeypatch.setattr("tuner.workers._local_pool.CLOSE_SECONDS", 0.5)
        return LocalPool(CONFIG, log_dir=tmp_path)

    def test_a_process_is_kept_from_trial_to_trial(self, pool: LocalPool) -> None:
        pids, launches = [], []
        for number in (1, 2):
            pool.submit(0, self.brief(number))
            [ended] = outcomes(until_ended(pool))
            pids.append(pool.pid(0))
            launches.append(ended.outcome.details["worker_launch_seconds"])
        assert pids[0] == pids[1] is not None
        assert launches[1] is None

    @pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system has no CPU affinity")
    def test_workers_run_on_cpus_of_their_own(self, pool: LocalPool) -> None:
        cpus = []
        for slot in (0, 1):
            pool.submit(slot, self.brief(slot))
            until_ended(pool)
            threads = os.listdir(f"/proc/{pool.pid(slot)}/task")  # noqa: PTH208 - names only
            cpus.append({cpu for thread in threads for cpu in os.sched_getaffinity(int(thread))})
        assert [len(own) for own in cpus] == [1, 1]
        assert (cpus[0] != cpus[1]) is not pool.oversubscribed


def test_workers_claim_their_parts_of_the_memory(warm_pool: LocalPool) -> None:
    """Half of the memory may hold a replay buffer: of two workers, each may have a quarter."""
    memory = memory_limit_bytes()
    # A step of one robot is 2 + 1 + 2 + 3 numbers of 4 bytes: observation, action, next observation, reward and ends.
    agent = AgentConfig(algorithm="sac", arguments={"buffer_size": int(0.3 * memory / 32), "learning_starts": 256})
    warm_pool.submit(0, point_mass(40).model_copy(update={"agent": agent}))
    [ended] = outcomes(until_ended(warm_pool))
    assert ended.outcome.kind is OutcomeKind.TOO_LARGE
    assert ended.outcome.details["bytes_allowed"] == pytest.approx(memory / 4, abs=2)
    assert ended.outcome.details["bytes_asked"] == pytest.approx(0.3 * memory, rel=0.01)
    assert "of each of 2 workers" in ended.outcome.message
    assert ended.outcome.message.endswith("a smaller buffer_size or fewer robots, or fewer workers.")


FAULTS = {
    # fault: (kind, part of the message, whether the process is kept)
    "raise": (OutcomeKind.CRASHED, "RuntimeError: the simulator failed on purpose", False),
    "exit": (OutcomeKind.CRASHED, "the worker exited with code 0 without an outcome", False),
    "sigkill": (OutcomeKind.CRASHED, "the worker was killed by SIGKILL", False),
    "memory": (OutcomeKind.CRASHED, "MemoryError", False),
    "nan_observation": (OutcomeKind.DIVERGED, "observation", False),
    "open_raise": (OutcomeKind.CRASHED, "the simulator failed to open: RuntimeError", False),
    "print": (OutcomeKind.EXHAUSTED, "", True),
    "no_such_fault": (OutcomeKind.CRASHED, "Unknown fault 'no_such_fault'", True),
}


@pytest.fixture(scope="module")
def faults(warm_pool: LocalPool) -> dict[str, tuple[Outcome, bool]]:
    """The outcome of every fault, and whether its process lived on; both slots take one after the other."""
    waiting, seen = list(FAULTS), {}
    while len(seen) < len(FAULTS):
        for slot in warm_pool.idle():
            if waiting:
                fault = waiting.pop(0)
                warm_pool.submit(slot, point_mass(list(FAULTS).index(fault), fault=fault, at_step=1))
        for event in outcomes(warm_pool.poll(1.0)):
            fault = event.spec.task.options["fault"]
            assert fault not in seen
            seen[fault] = event.outcome, warm_pool.pid(event.slot) is not None
    return seen


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_its_own_outcome(fault: str, faults: dict[str, tuple[Outcome, bool]]) -> None:
    kind, message, kept = FAULTS[fault]
    outcome, lives = faults[fault]
    assert outcome.kind is kind
    assert message in outcome.message
    assert lives is kept
    assert (outcome.details.get("user_error") is True) is (fault == "no_such_fault")


@pytest.mark.parametrize(("fault", "text"), [("raise", "raise RuntimeError("), ("open_raise", "raise RuntimeError(")])
def test_an_exceptions_traceback_is_in_the_outcome_and_in_the_workers_log(
    fault: str, text: str, faults: dict[str, tuple[Outcome, bool]], log_dir: Path
) -> None:
    details = faults[fault][0].details
    assert details["user_frame"].startswith('File "')
    assert "faulty.py" in details["user_frame"]
    assert text in details["user_frame"]
    assert any(details["traceback"] in file.read_text() for file in log_dir.iterdir())


def test_what_simulators_print_is_logged(faults: dict[str, tuple[Outcome, bool]], log_dir: Path) -> None:
    assert faults["print"][0].kind is OutcomeKind.EXHAUSTED
    logs = "".join(file.read_text() for file in log_dir.iterdir())
    assert "Warning: the simulator talks" in logs


def test_the_worker_comes_back_after_others_killed_it_and_others_may_terminate_it(warm_pool: LocalPool) -> None:
    warm_pool.submit(0, endless(20))
    until_ticked(warm_pool)
    os.kill(warm_pool.pid(0), signal.SIGKILL)
    [ended] = outcomes(until_ended(warm_pool))
    assert (ended.outcome.kind, ended.outcome.details["phase"]) == (OutcomeKind.CRASHED, "train")
    assert ended.outcome.message.startswith("the worker was killed by SIGKILL")
    assert ended.outcome.clock_seconds > 0
    warm_pool.submit(0, endless(21))
    until_ticked(warm_pool)
    os.kill(warm_pool.pid(0), signal.SIGTERM)
    [ended] = outcomes(until_ended(warm_pool))
    assert (ended.outcome.kind, ended.outcome.message) == (OutcomeKind.CRASHED, _faults.TERMINATED)


def test_a_simulator_that_hangs(tmp_path: Path) -> None:
    """A step that never returns, deaf to SIGTERM."""
    clock = JumpingClock()
    with LocalPool(WorkersConfig(count=1, threads=1), log_dir=tmp_path, clock=clock) as pool:
        pool.submit(0, endless(30, fault="hang_deaf", at_step=500))
        until_ticked(pool)
        while "hangs on purpose" not in (tmp_path / "worker-0.log").read_text():
            pool.poll(0.1)
        clock.jump(61.0)
        [ended] = outcomes(until_ended(pool))
        assert (ended.outcome.kind, ended.outcome.details["phase"]) == (OutcomeKind.HUNG, "train")
        assert ended.outcome.details["log"][-1] == "hangs on purpose"
        assert ended.outcome.details["worker_launch_seconds"] > 0
