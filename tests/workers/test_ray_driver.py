"""The process that speaks to Ray, without a cluster; `test_ray_pool.py` has those with one."""

import os
import subprocess
from collections.abc import Iterator
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tuner.config import WorkersConfig
from tuner.workers._ray_messages import Begin, Failed
from tuner.workers._ray_pool import COMMAND


@pytest.fixture
def driver() -> Iterator[tuple[subprocess.Popen[bytes], Connection]]:
    ours, theirs = Pipe()
    descriptor = theirs.fileno()
    command = [*COMMAND, "--connection", str(descriptor), "--parent", str(os.getpid())]
    with subprocess.Popen(command, pass_fds=[descriptor], stderr=subprocess.PIPE) as process:
        theirs.close()
        yield process, ours
        process.kill()


def test_it_ends_with_its_pool(driver: tuple[subprocess.Popen[bytes], Connection]) -> None:
    process, connection = driver
    connection.close()
    assert process.wait() == 1
    assert process.stderr is not None
    assert process.stderr.read() == b""


def test_mistakes_are_sent_and_everything_else_is_logged(
    driver: tuple[subprocess.Popen[bytes], Connection], tmp_path: Path
) -> None:
    process, connection = driver
    connection.send(Begin(WorkersConfig(kind="ray", address="127.0.0.1:1"), (), tmp_path))
    failed = connection.recv()
    assert isinstance(failed, Failed)
    assert failed.users_mistake
    assert failed.message.startswith("No Ray cluster answers at 127.0.0.1:1: ")
    assert process.wait() == 0


def test_what_is_not_expected_is_logged(driver: tuple[subprocess.Popen[bytes], Connection]) -> None:
    process, connection = driver
    connection.send("no command")
    assert process.wait() == 1
    assert process.stderr is not None
    assert b"AttributeError" in process.stderr.read().splitlines()[-1]
