"""The child process itself, started as a pool starts it: how it ends, and what stays open between trials."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.workers.trials import endless, point_mass
from tuner.config import TrialSpec
from tuner.records import OutcomeKind
from tuner.workers._cpus import available_cpus
from tuner.workers._local_pool import COMMAND
from tuner.workers._process import WorkerProcess
from tuner.workers._protocol import Declined, Ended, PhaseEntered, Ready, Ticked, Train, decode
from tuner.workers.child import TERMINATED, Bench, CannotReopen

ONCE_ONLY = f"{Path(__file__).with_name('once_only.py')}:OnceOnlySimulator"


class Child:
    """A child and the messages it sends, read by waiting."""

    def __init__(self, log_file: Path) -> None:
        self.process = WorkerProcess(COMMAND, cpus=frozenset(available_cpus()[:1]), log_file=log_file)
        os.set_blocking(self.process.messages, True)
        self._rest = b""

    def next(self, kind: type):
        """Return the next message of a kind; what comes before it is dropped."""
        while True:
            while b"\n" in self._rest:
                line, self._rest = self._rest.split(b"\n", 1)
                message = decode(line)
                if isinstance(message, kind):
                    return message
            data = os.read(self.process.messages, 65536)
            assert data, f"the child ended: {self.process.log_tail()}"
            self._rest += data

    def train(self, spec: TrialSpec) -> None:
        assert self.process.send(Train(spec.number, spec))


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    child = Child(tmp_path / "worker-0.log")
    yield child
    child.process.end(0.0)


def test_one_trial_after_another(child: Child) -> None:
    child.train(point_mass(1))  # before it can have looked, so it waits
    assert child.next(Ready).launch_seconds > 0
    os.kill(child.process.pid, signal.SIGINT)  # Ctrl-C is not for it
    assert child.next(PhaseEntered).phase == "compile"
    ended = child.next(Ended)
    assert (ended.outcome.kind, ended.reusable) == (OutcomeKind.EXHAUSTED, True)

    child.train(point_mass(2, simulator=ONCE_ONLY))  # the first simulator can be exchanged
    child.train(point_mass(3, simulator=ONCE_ONLY))  # the same task stands open
    for _ in range(2):
        assert child.next(Ended).outcome.kind is OutcomeKind.EXHAUSTED
    child.train(point_mass(4, simulator=ONCE_ONLY, num_envs=8))
    child.next(Declined)
    assert child.process.wait(60) == 0


def test_a_device_that_jax_cannot_use_is_the_users_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "abacus")
    child = Child(tmp_path / "worker-0.log")
    child.train(point_mass(1))
    ended = child.next(Ended)
    assert (ended.outcome.kind, ended.reusable) == (OutcomeKind.CRASHED, True)
    assert ended.outcome.details["user_error"] is True
    assert ended.outcome.message.startswith("JAX_PLATFORMS is 'abacus', but JAX cannot compute there (")
    child.process.end(0.0)


def test_terminated_between_trials(child: Child) -> None:
    child.next(Ready)
    os.kill(child.process.pid, signal.SIGTERM)
    assert child.process.wait(60) == TERMINATED
    assert child.process.log_tail().splitlines()[-1] == "terminated"


def test_terminated_within_a_trial(child: Child) -> None:
    child.train(endless(1))
    child.next(Ticked)
    os.kill(child.process.pid, signal.SIGTERM)
    ended = child.next(Ended)
    assert (ended.outcome.kind, ended.reusable) == (OutcomeKind.INTERRUPTED, False)
    assert ended.outcome.message == "the worker was told to terminate"
    assert child.process.wait(60) == TERMINATED


MANAGER = """
import signal, subprocess, sys
from pathlib import Path
from tests.workers.test_child import Child
from tests.workers.trials import endless
from tuner.workers._protocol import Ticked

child = Child(Path(sys.argv[1]))
child.train(endless(1))
child.next(Ticked)
holder = subprocess.Popen(["sleep", "300"], pass_fds=[child.process._commands], stdout=subprocess.DEVNULL)
print(child.process.pid, holder.pid, sep="\\n", flush=True)
signal.pause()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a process that its parent died")
def test_it_dies_with_its_manager(tmp_path: Path) -> None:
    """The kernel kills it: another process holds the command pipe open, so that its end never comes."""
    manager = subprocess.Popen(
        [sys.executable, "-c", MANAGER, str(tmp_path / "worker-0.log")], stdout=subprocess.PIPE, text=True
    )
    assert manager.stdout is not None
    child, holder = (psutil.Process(int(manager.stdout.readline())) for _ in range(2))
    assert child.is_running()
    manager.kill()
    manager.wait()
    manager.stdout.close()
    assert wait_until_dead(child)
    assert holder.is_running()
    holder.kill()


def wait_until_dead(process: psutil.Process) -> bool:
    """Wait for a process that is not a child of ours; a zombie counts as dead, because orphans may not be reaped."""
    for _ in range(600):
        try:
            process.wait(0.1)
            return True
        except psutil.TimeoutExpired:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
    return False


def test_the_end_of_the_command_pipe_is_enough(child: Child) -> None:
    """For systems whose kernel does not report a parent's death, or if a thread of the manager started the worker."""
    child.train(endless(1))
    child.next(Ticked)
    held = os.dup(child.process._commands)
    os.close(child.process._commands)
    assert child.process.exit_code() is None  # `held` is still open
    os.close(held)
    assert child.process.wait(60) == -signal.SIGKILL
    child.process._commands = os.open(os.devnull, os.O_WRONLY)  # for the fixture to close


class TestBench:
    def test_the_same_task_stays_open_and_is_seeded(self) -> None:
        bench = Bench()
        first = bench.open(point_mass(1))
        fresh = first.reset()
        first.step(first.action_space.high[None].repeat(4, axis=0))
        assert bench.open(point_mass(1)) is first
        assert (first.reset() == fresh).all()
        assert bench.open(point_mass(2)) is first
        assert (first.reset() != fresh).any()

    @pytest.mark.parametrize("change", [{"num_envs": 8}, {"action_limit": 2.0}])
    def test_another_task_is_opened_anew(self, change: dict) -> None:
        bench = Bench()
        first = bench.open(point_mass(1))
        assert bench.open(point_mass(1, **change)) is not first

    def test_a_task_that_does_not_restart_is_opened_anew(self) -> None:
        bench = Bench()
        first = bench.open(point_mass(1))
        first.restarts = False
        assert bench.open(point_mass(1)) is not first

    def test_other_threads_are_another_task(self) -> None:
        bench = Bench()
        first = bench.open(point_mass(1))
        assert bench.open(point_mass(1).model_copy(update={"threads": 2})) is not first

    def test_what_opens_once_cannot_be_exchanged(self) -> None:
        bench = Bench()
        first = bench.open(point_mass(1, simulator=ONCE_ONLY))
        with pytest.raises(CannotReopen):
            bench.open(point_mass(1, simulator=ONCE_ONLY, num_envs=8))
        assert bench.open(point_mass(1, simulator=ONCE_ONLY)) is first

    def test_clearing_twice(self) -> None:
        bench = Bench()
        first = bench.open(point_mass(1))
        bench.clear()
        bench.clear()
        assert bench.open(point_mass(1)) is not first
