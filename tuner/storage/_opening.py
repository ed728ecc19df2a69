"""Open the storage that holds a study, with a clear message if that fails."""

from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DBAPIError, ProgrammingError

from tuner.errors import TunerError, UserError
from tuner.storage._claim import LOCK_SECONDS, server_lock
from tuner.storage._own_trials import OwnTrialsStorage
from tuner.storage._patience import STORAGE_ERRORS, PatientStorage, database_error, passes, root_cause
from tuner.storage._url import is_sqlite, missing_driver, parse_url, show, sqlite_file

# Columns that every version of Optuna has had.
_LANDMARKS = {
    "studies": {"study_id", "study_name"},
    "trials": {"trial_id", "study_id"},
    "version_info": {"schema_version", "library_version"},
}
_LOST_CONNECTION = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}
"""Options of libpq by which a host that has gone is noticed in half a minute, and not after hours; a URL may have
others, and so may the service that it names."""
_VERSION = "alembic_version"
"""Other programs have a table of this name too. Optuna adds it to a database that lacks it, even when it only reads."""


def check_schema(engine: Engine, shown: str, *, must_hold_studies: bool, shared: bool) -> None:
    """Refuse a database that Optuna did not write. Nothing is written to it.

    Args:
        engine: the database.
        shown: its URL without password.
        must_hold_studies: also refuse a database without Optuna's tables.
        shared: allow tables of other programs beside Optuna's, as on a server. A file belongs to one program.

    Raises:
        UserError: if it is refused.
    """
    inspector = sqlalchemy.inspect(engine)
    tables = set(inspector.get_table_names())
    ours = tables & set(_LANDMARKS)
    foreign = bool(tables) and not ours and not shared
    for table in ours:
        foreign |= not _LANDMARKS[table] <= {column["name"] for column in inspector.get_columns(table)}
    if foreign:
        raise UserError(f"The storage {shown} was not written by Optuna; name another {'one' if shared else 'file'}.")
    if must_hold_studies and not tables >= {*_LANDMARKS, _VERSION}:
        raise UserError(f"The storage {shown} holds no studies. Run a study first, or name the storage that holds it.")


def open_storage(url: str | None, *, read_only: bool = False) -> BaseStorage:
    """Open an Optuna storage with a cache in front of it; create the database, and an SQLite file's folder, if needed.

    SQLite runs in WAL mode with `synchronous=NORMAL`, which makes writes cheaper. A crash of the process loses nothing,
    and a power cut loses at most the last moments. PostgreSQL is reached through psycopg.

    Args:
        url: SQLAlchemy URL; None for a storage in memory.
        read_only: create nothing; refuse a storage without studies.

    Raises:
        UserError: for a bad URL, a missing driver, a path that cannot be used, a database that Optuna did not write or
            that has the schema of another version of Optuna.
        TunerError: if the database does not answer, is locked, or has no room left.
    """
    if url is None:
        return optuna.storages.get_storage(None)
    parsed = parse_url(url)
    shown = show(parsed)
    file = sqlite_file(url)
    if file is not None:
        _prepare_folder(file, shown, must_exist=read_only)
    try:
        if file is None or file.exists():  # connecting would create the file
            _look(parsed, shown, read_only=read_only)
        storage = _connect(parsed, read_only=read_only)
        if file is not None and not read_only:
            _use_write_ahead_log(storage)
    except ImportError as error:
        raise missing_driver(parsed) from error
    except RuntimeError as error:  # Optuna does not know the schema
        raise UserError(
            f"The storage {shown} was written by another version of Optuna than this one ({optuna.__version__}). Use "
            f"another one, or, if it is older, run: optuna storage upgrade --storage '{shown}'"
        ) from error
    except STORAGE_ERRORS as error:
        raise storage_error(error, shown) from error
    return optuna.storages.get_storage(storage) if read_only else OwnTrialsStorage(storage)


def storage_error(error: BaseException, shown: str) -> TunerError:
    """Turn a failure of the database into an error that users can act on.

    Args:
        error: one of `STORAGE_ERRORS`.
        shown: the storage's URL without its password.
    """
    text = root_cause(error)
    lowered = text.lower()
    cause = database_error(error)
    server = cause is not None and hasattr(cause.orig, "sqlstate")
    if "not a database" in lowered or "malformed" in lowered:
        return UserError(f"The storage {shown} is not a database, or is damaged. Name another file. ({text})")
    if "readonly" in lowered or "read-only" in lowered:
        mend = "Name a server that takes writes" if server else "Check its permissions or name another file"
        return UserError(f"The storage {shown} cannot be written to. {mend}.")
    if "unable to open" in lowered or "permission denied" in lowered:
        mend = "Grant its user the right to create tables" if server else "Check the path and its permissions"
        return UserError(f"The storage {shown} cannot be opened. {mend}. ({text})")
    if "disk is full" in lowered or "no space" in lowered or "disk i/o error" in lowered:
        return UserError(
            f"The storage {shown} could not be written: {text}. Make room on the disk and run the same command again; "
            "finished trials are kept and the others are queued again."
        )
    if "locked" in lowered or "lock timeout" in lowered:
        return UserError(
            f"The storage {shown} stayed locked by another process for {LOCK_SECONDS} s. Close what else uses it and "
            "run the same command again; finished trials are kept."
        )
    if server and cause is not None and cause.orig is not None:
        return _server_error(cause, text, shown)
    return TunerError(f"The storage {shown} failed: {text}. Run the same command again once it works.")


def _server_error(cause: DBAPIError, text: str, shown: str) -> TunerError:
    """Return the error for a server that refuses, or does not answer."""
    text = text.rstrip(".")
    if isinstance(cause, ProgrammingError) and getattr(cause.orig, "sqlstate", None) is None:
        return UserError(f"The storage {shown} has an option that PostgreSQL does not know: {text}. Correct the URL.")
    if "password" in text:
        return UserError(
            f"The storage {shown} refuses the password: {text}. Give the right one in the URL, in PGPASSWORD, in "
            "~/.pgpass or in a service file (?service=NAME)."
        )
    if passes(cause):
        return UserError(
            f"The storage {shown} cannot be reached: {text}. Check host, port, user and database, and that the server "
            "runs. Then run the same command again; finished trials are kept and the others are queued again."
        )
    return TunerError(f"The storage {shown} failed: {text}. Run the same command again once it works.")


def _look(parsed: URL, shown: str, *, read_only: bool) -> None:
    engine = sqlalchemy.create_engine(parsed, **_engine_arguments(parsed))
    try:
        check_schema(engine, shown, must_hold_studies=read_only, shared=not is_sqlite(parsed))
    finally:
        engine.dispose()


def _connect(parsed: URL, *, read_only: bool) -> PatientStorage:
    url = _escaped(parsed.render_as_string(hide_password=False))
    arguments = _engine_arguments(parsed)
    if read_only:  # who looks at a study may look again after hours
        return PatientStorage(url, engine_kwargs={**arguments, "pool_pre_ping": True}, skip_table_creation=True)
    engine = sqlalchemy.create_engine(parsed, **arguments)
    try:
        with server_lock(engine, ""):  # two processes that create the tables at once would fail
            return PatientStorage(url, engine_kwargs=arguments)
    finally:
        engine.dispose()


def _engine_arguments(parsed: URL) -> dict[str, Any]:
    if is_sqlite(parsed):
        return {"connect_args": {"timeout": LOCK_SECONDS}}
    own = {*parsed.query, *(_LOST_CONNECTION if "service" in parsed.query else ())}
    return {"connect_args": {name: value for name, value in _LOST_CONNECTION.items() if name not in own}}


def _escaped(url: str) -> str:
    """Escape the braces in a URL, because Optuna would fill them in."""
    return url.replace("{", "{{").replace("}", "}}")


def _prepare_folder(file: Path, shown: str, *, must_exist: bool) -> None:
    if must_exist and not file.exists():
        raise UserError(f"There is no storage {shown}. Run a study first, or name the storage that holds it.")
    if file.is_dir():
        raise UserError(f"The storage {shown} is a folder. Name a file in it, such as {file / 'tuner.db'}.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder {file.parent} of the storage cannot be created: {error.strerror}. Name another path."
        ) from error


def _use_write_ahead_log(storage: RDBStorage) -> None:
    def configure(connection: Any, _: object) -> None:
        connection.execute("PRAGMA synchronous=NORMAL")

    with storage.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    sqlalchemy.event.listen(storage.engine, "connect", configure)
    storage.engine.dispose()  # connections opened before the listener would not have the setting
