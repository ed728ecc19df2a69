"""Who runs a study, how to tell whether it is still alive, and the lock by which SQLite has one manager at a time."""

import errno
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import psutil
from filelock import FileLock, Timeout

from tuner.config import StudyConfig
from tuner.errors import TunerError, UserError
from tuner.records import known_fields
from tuner.storage._url import sqlite_file

_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.ENOTSUP, errno.EINVAL})
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class BusyError(UserError):
    """Another process runs or confirms the study.

    Args:
        study: its name.
        by: the process, or the processes.
        doing: what is done to the study, completing "is being …".
    """

    def __init__(self, study: str, by: str, *, doing: str = "run") -> None:
        super().__init__(
            f"The study '{study}' is being {doing} by {by}. Wait until that has ended or stop it (Ctrl-C there). A "
            "study in SQLite has one manager: for more workers, start it with a larger workers.count; for several "
            "machines, keep it in PostgreSQL."
        )


@dataclass(frozen=True)
class Owner:
    """A process, identified so that no later process can be mistaken for it."""

    host: str
    boot: str
    """Identifies the host's current start; a process of an earlier one is dead."""
    pid: int
    started: float
    """When the process started, in seconds since the epoch; tells it from a later one with the same id."""

    @classmethod
    def current(cls) -> Self:
        """Return this process."""
        process = psutil.Process()
        boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else f"{psutil.boot_time():.0f}"
        return cls(host=socket.gethostname(), boot=boot, pid=process.pid, started=process.create_time())

    def alive(self) -> bool | None:
        """Return whether the process is alive; None on another host, where this cannot be checked."""
        here = Owner.current()
        if self.host != here.host:
            return None
        if self.boot != here.boot:
            return False
        try:
            process = psutil.Process(self.pid)
            return process.create_time() == self.started and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def __str__(self) -> str:
        """Return how the process is named in messages."""
        return f"process {self.pid} on host {self.host}"

    def to_json(self) -> dict[str, Any]:
        """Return the owner as a JSON-safe dictionary."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self | None:
        """Return the owner in `to_json`'s dictionary; None if another version of this program left out a field."""
        known = known_fields(cls, data)
        return cls(**known) if len(known) == len(fields(cls)) else None


def lock_file(config: StudyConfig) -> Path | None:
    """Return the file beside an SQLite storage that a manager locks; None for other storages."""
    database = sqlite_file(config.storage)
    return None if database is None else database.with_name(f"{database.name}.{config.study}.lock")


@contextmanager
def manager_lock(path: Path | None, study: str) -> Iterator[None]:
    """Hold the lock of a study while its manager runs. The system releases it even if the process is killed.

    Args:
        path: the lock file; None for a storage that no other process can see, or that several may write to.
        study: the study's name, for the message.

    Raises:
        BusyError: if another process holds the lock.
        UserError: if the file cannot be written.
        TunerError: if the file system knows no locks.
    """
    if path is None:
        yield
        return
    lock = FileLock(path, blocking=False, fallback_to_soft=False)  # a soft lock would outlive a killed process
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = lock.acquire()
    except Timeout as error:
        raise BusyError(study, path.read_text().strip() or "an unknown process") from error
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise TunerError(f"The lock file {path} cannot be locked: {error.strerror}. Use a local disk.") from error
        raise UserError(f"The lock file {path} cannot be written: {error.strerror}. Check its permissions.") from error
    with held:
        path.write_text(f"{Owner.current()}\n")
        yield
