"""Who runs a study: processes told apart, and the lock that one of them holds."""

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.study.toy import Lab
from tuner.errors import TunerError, UserError
from tuner.storage import BusyError, Owner, lock_file, manager_lock

HOST = Owner.current().host

HOLD = """
import sys; from pathlib import Path; from tuner.storage import manager_lock
with manager_lock(Path(sys.argv[1]), 'walk'): print('held', flush=True); input()
"""


@contextmanager
def holding(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let another process hold the lock."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        yield other
        other.kill()


def test_this_process_lives() -> None:
    here = Owner.current()
    assert here.alive()
    assert (here.pid, here.started) == (psutil.Process().pid, psutil.Process().create_time())
    assert Owner.current() == here


@pytest.mark.parametrize(
    ("changes", "alive"),
    [
        ({"started": 1.0}, False),  # the number was given to another process
        ({"pid": 2**22 + 1}, False),  # more than Linux gives out
        ({"boot": "before"}, False),  # the machine was started anew
        ({"host": "elsewhere"}, None),
        ({"host": "elsewhere", "boot": "before"}, None),
    ],
)
def test_who_lives(changes: dict[str, Any], alive: bool | None) -> None:
    assert Owner(**{**Owner.current().to_json(), **changes}).alive() is alive


def test_a_process_that_has_ended_is_dead_even_before_its_parent_has_noticed() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        here = Owner.current()
        owner = Owner(here.host, here.boot, other.pid, psutil.Process(other.pid).create_time())
        assert owner.alive()
        other.kill()
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)  # it has ended, but is not cleared away
        assert owner.alive() is False
    assert owner.alive() is False


def test_an_owner_survives_json_and_what_another_version_adds() -> None:
    here = Owner.current()
    assert Owner.from_json(json.loads(json.dumps(here.to_json()))) == here
    assert Owner.from_json({**here.to_json(), "of_another_version": 1}) == here
    assert Owner.from_json({"host": here.host, "pid": here.pid}) is None
    assert Owner.from_json({}) is None


@pytest.mark.parametrize(
    ("storage", "expected"),
    [
        ("sqlite:///some/where.db", "some/where.db.toy.lock"),
        ("sqlite:////some/where.db", "/some/where.db.toy.lock"),
        ("sqlite:///file:some/where.db?uri=true&password=secret", "some/where.db.toy.lock"),
        ("postgresql://u:secret@h/db", None),  # several managers may run it
    ],
)
def test_where_the_lock_is(storage: str, expected: str | None) -> None:
    assert lock_file(Lab(None).config(storage=storage)) == (None if expected is None else Path(expected))


def test_a_lock_is_held_by_one_process_and_names_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "walk.lock"
    with holding(path) as other:
        for _ in range(2):  # who asks does not wipe out the holder's name
            message = f"'walk' is being run by process {other.pid} on host {HOST}. Wait until that has ended"
            with pytest.raises(UserError, match=message), manager_lock(path, "walk"):
                pass
        other.kill()
        other.wait()
        with manager_lock(path, "walk"):  # the system has dropped it, however the process died
            assert path.read_text() == f"process {psutil.Process().pid} on host {HOST}\n"


def test_it_is_free_after_the_block_and_after_an_error(tmp_path: Path) -> None:
    path = tmp_path / "walk.lock"
    with pytest.raises(ZeroDivisionError), manager_lock(path, "walk"):
        raise ZeroDivisionError
    with manager_lock(path, "walk"), pytest.raises(UserError, match="is being run"), manager_lock(path, "walk"):
        pass
    with holding(path):
        pass


def test_a_storage_that_no_other_process_can_see_needs_no_lock() -> None:
    with manager_lock(None, "walk"), manager_lock(None, "walk"):
        pass


def test_a_lock_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "x.lock", tmp_path):
        message = r"The lock file .* cannot be written: .*\. Check its permissions"
        with pytest.raises(UserError, match=message), manager_lock(path, "walk"):
            pass


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(code, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    message = r"cannot be locked: No locks available\. Use a local disk"
    with pytest.raises(TunerError, match=message), manager_lock(tmp_path / "walk.lock", "walk"):
        pass


def test_who_runs_it_and_what_to_do() -> None:
    assert str(BusyError("walk", "process 7 on host a")) == (
        "The study 'walk' is being run by process 7 on host a. Wait until that has ended or stop it (Ctrl-C there). A "
        "study in SQLite has one manager: for more workers, start it with a larger workers.count; for several "
        "machines, keep it in PostgreSQL."
    )
    assert str(BusyError("walk", "process 7", doing="confirmed")).startswith("The study 'walk' is being confirmed by")
    assert BusyError("walk", "process 7").exit_code == 2
