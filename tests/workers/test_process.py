"""A process, its pipes, its log and how it ends; the children here are a few lines of Python each."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tuner.errors import TunerError
from tuner.workers._cpus import available_cpus
from tuner.workers._process import WorkerProcess
from tuner.workers._protocol import Quit

CPUS = frozenset(available_cpus()[:1])
FOREVER = "import signal\nwhile True: signal.pause()"


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    started: list[WorkerProcess] = []

    def start(script: str, **arguments) -> WorkerProcess:
        script = f"import os, sys\ncommands, messages = int(sys.argv[2]), int(sys.argv[4])\n{script}"
        log_file = arguments.pop("log_file", tmp_path / "worker-0.log")
        process = WorkerProcess([sys.executable, "-c", script], cpus=CPUS, log_file=log_file)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.exit_code() is None:
            os.killpg(process.pid, signal.SIGKILL)


def first_line(process: WorkerProcess) -> bytes:
    """Wait for the process to say something over its pipe."""
    os.set_blocking(process.messages, True)
    data = os.read(process.messages, 65536)
    os.set_blocking(process.messages, False)
    return data


def test_lines_and_their_end(start) -> None:
    process = start(r"os.write(messages, b'one\ntwo\nunfinished')")
    assert process.wait(60) == 0
    assert process.read_lines() == ([b"one", b"two"], True)
    assert process.end(60) == 0


def test_nothing_to_read_is_not_the_end(start) -> None:
    process = start(FOREVER)
    assert process.read_lines() == ([], False)
    assert process.end(60) == -signal.SIGTERM


def test_what_it_prints_is_logged_and_not_taken_for_messages(start) -> None:
    process = start("print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert process.wait(60) == 3
    assert process.read_lines() == ([], True)
    assert process.log_tail() == "out\nerr\n"
    assert process.end(1) == 3


def test_the_log_tail_is_this_process_s_own(start, tmp_path: Path) -> None:
    (tmp_path / "worker-0.log").write_text("of a predecessor\n")
    process = start("print('own')")
    process.wait(60)
    assert process.log_tail() == "own\n"
    process.end(1)
    process = start("for k in range(50): print(k)")
    process.wait(60)
    assert process.log_tail() == "".join(f"{k}\n" for k in range(50))
    process.end(1)
    assert (tmp_path / "worker-0.log").read_text().startswith("of a predecessor\nown\n0\n1\n")


def test_one_that_does_not_listen_is_killed(start) -> None:
    process = start(
        f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.write(messages, b'1')\n{FOREVER}"
    )
    first_line(process)
    assert process.end(0.1) == -signal.SIGKILL


def test_its_children_die_with_it(start) -> None:
    process = start(
        "import subprocess\n"
        f"subprocess.Popen([sys.executable, '-c', {FOREVER!r}], pass_fds=[messages])\n"
        "os.write(messages, b'born')"
    )
    first_line(process)
    assert process.wait(60) == 0  # it ended by itself and left an orphan, which holds the pipe open
    assert process.read_lines() == ([], False)
    held = os.dup(process.messages)
    process.end(60)
    os.set_blocking(held, True)
    assert os.read(held, 1) == b""
    os.close(held)


def test_it_lives_in_a_session_of_its_own_on_its_cpus(start) -> None:
    process = start(
        "print(os.getsid(0) == os.getpid() == os.getpgid(0))\n"
        "print(sorted(os.sched_getaffinity(0)))\n"
        "print(os.environ['OMP_NUM_THREADS'], os.environ['XLA_PYTHON_CLIENT_PREALLOCATE'])\n"
        "print(sys.stdin.read() == '')"
    )
    process.wait(60)
    assert process.log_tail().splitlines() == ["True", f"{sorted(CPUS)}", "1 false", "True"]
    process.end(1)


def test_sending_to_the_dead(start) -> None:
    process = start("")
    process.wait(60)
    assert process.send(Quit()) is False
    process.end(1)


def test_no_descriptor_and_no_zombie_is_left(start) -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only
    process = start(FOREVER)
    process.end(60)
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert not psutil.pid_exists(process.pid)


def test_what_cannot_be_started(tmp_path: Path) -> None:
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with pytest.raises(TunerError, match=r"Could not start a worker with '/no/such/python'.*No such file"):
        WorkerProcess(["/no/such/python"], cpus=CPUS, log_file=tmp_path / "worker-0.log")
    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
