"""One process at a time may look whether a study is being run and write that it runs it, even across machines."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b

from optuna.storages import BaseStorage
from sqlalchemy import text
from sqlalchemy.engine import Engine

LOCK_SECONDS = 60
"""How long a process waits for what another one has locked in the database."""


@contextmanager
def claiming(storage: BaseStorage, study: str) -> Iterator[None]:
    """Keep other machines from claiming a study meanwhile; wait for one that is at it.

    On a PostgreSQL server this is an advisory lock, which the server drops when the process or its connection dies. A
    database in a file or in memory needs none: its processes are on one machine, where `manager_lock` keeps them apart.

    Args:
        storage: where the study is, or will be.
        study: the study's name; its confirm runs are claimed with it.

    Raises:
        SQLAlchemyError: if the database fails, or the lock stays taken.
    """
    engine = getattr(getattr(storage, "_backend", storage), "engine", None)
    if engine is None:
        yield
        return
    with server_lock(engine, study):
        yield


@contextmanager
def server_lock(engine: Engine, name: str) -> Iterator[None]:
    """Hold the lock of that name in a PostgreSQL database; do nothing in another one."""
    if engine.dialect.name != "postgresql":
        yield
        return
    key = int.from_bytes(blake2b(f"sac-tuner {name}".encode(), digest_size=8).digest(), "big", signed=True)
    with engine.begin() as connection:  # the lock belongs to this transaction
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})
        yield
