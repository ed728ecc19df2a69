"""Change a study so that nobody sees half of it: one transaction, one process at a time, even across machines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from typing import TypeVar

from optuna.storages import BaseStorage
from sqlalchemy import text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from tuner.clock import wall_time
from tuner.storage._own_trials import read_again, write_reports
from tuner.storage._patience import database_of, on_server

T = TypeVar("T")

LOCK_SECONDS = 60
"""How long a process waits for a lock of another one in the database. The server also ends a transaction that does
nothing for this long, so that a process that stands still does not keep the lock."""


@contextmanager
def claiming(storage: BaseStorage, study: str) -> Iterator[None]:
    """Make all that the block writes one transaction, and keep other processes out of the study's other such blocks.

    On a PostgreSQL server the lock is an advisory one, which the server releases when the process or its connection
    ends; nothing is written if the block raises an exception. A database in a file or in memory needs neither,
    because `manager_lock` lets one process write at a time. In a block, another one for the same storage does nothing.

    Args:
        storage: where the study is, or will be.
        study: the study's name; its confirm runs are claimed with it.

    Raises:
        SQLAlchemyError: if the database fails, or another process does not release the lock.
    """
    server = database_of(storage) if on_server(storage) else None
    if server is None or server.in_transaction:
        if server is None:
            read_again(storage)
        yield
        return
    write_reports(storage)  # so that they are kept whatever becomes of the block
    try:
        with server.engine.begin() as connection:
            _lock(connection, study)
            read_again(storage)
            # Optuna's operations use this thread's session; each becomes a savepoint of the transaction.
            server.scoped_session.registry.set(Session(connection, join_transaction_mode="create_savepoint"))
            try:
                yield
            finally:
                server.scoped_session.remove()
    except BaseException:
        _forget(storage)
        raise


def transact(storage: BaseStorage, study: str, action: Callable[[], T]) -> T:
    """Call a function in `claiming`, and again while the server does not answer.

    It may be that the server did what it was asked for and only its answer was lost, so the function must cope with
    having been called before.
    """

    def claimed() -> T:
        with claiming(storage, study):
            return action()

    database = database_of(storage)
    return claimed() if database is None else database.repeat(claimed)


@contextmanager
def server_lock(engine: Engine, name: str) -> Iterator[None]:
    """Hold the lock of that name in a PostgreSQL database; do nothing for other databases."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.begin() as connection:  # the lock belongs to this transaction
        _lock(connection, name)
        yield


def storage_time(storage: BaseStorage) -> float:
    """Return seconds since the epoch by the clock of the storage's server, or of this machine if it has none."""
    server = database_of(storage) if on_server(storage) else None
    if server is None:
        return wall_time()
    session = server.scoped_session()
    try:
        return float(session.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one())
    finally:
        session.close()


def _lock(connection: Connection, name: str) -> None:
    key = int.from_bytes(blake2b(f"sac-tuner {name}".encode(), digest_size=8).digest(), "big", signed=True)
    limits = "set_config('lock_timeout', :limit, true), set_config('idle_in_transaction_session_timeout', :limit, true)"
    connection.execute(text(f"SELECT {limits}"), {"limit": f"{LOCK_SECONDS}s"})
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def _forget(storage: BaseStorage) -> None:
    """Empty Optuna's cache, which may hold what the server has not kept."""
    for name in ("_studies", "_trial_id_to_study_id_and_number", "_study_id_and_number_to_trial_id"):
        getattr(storage, name, {}).clear()
    read_again(storage)
