"""Let one process at a time check that nobody runs a study and write that it does, even across machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from optuna.storages import BaseStorage
from sqlalchemy import text
from sqlalchemy.engine import Engine

LOCK_SECONDS = 60
"""How long a process waits for a lock of another one in the database."""


@contextmanager
def claiming(storage: BaseStorage, study: str) -> Iterator[None]:
    """Keep other machines from claiming a study during the block; wait for one that is claiming it.

    On a PostgreSQL server this is an advisory lock, which the server releases when the process or its connection ends.
    A database in a file or in memory needs none, because `manager_lock` separates processes on one machine.

    Args:
        storage: where the study is, or will be.
        study: the study's name; its confirm runs are claimed with it.

    Raises:
        SQLAlchemyError: if the database fails, or another process does not release the lock.
    """
    engine = getattr(getattr(storage, "_backend", storage), "engine", None)
    if engine is None:
        yield
        return
    with server_lock(engine, study):
        yield


@contextmanager
def server_lock(engine: Engine, name: str) -> Iterator[None]:
    """Hold the lock of that name in a PostgreSQL database; do nothing for other databases."""
    if engine.dialect.name != "postgresql":
        yield
        return
    key = int.from_bytes(blake2b(f"sac-tuner {name}".encode(), digest_size=8).digest(), "big", signed=True)
    with engine.begin() as connection:  # the lock belongs to this transaction
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
        yield
