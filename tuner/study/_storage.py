"""Open the storage that holds a study, and say plainly what is wrong when that fails."""

from pathlib import Path
from typing import Any

import optuna
import sqlalchemy
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from tuner.errors import TunerError, UserError

STORAGE_ERRORS = (StorageInternalError, SQLAlchemyError)
"""What Optuna's storage raises when the database fails."""

_LOCK_SECONDS = 60
"""How long a write waits for another process's, such as a dashboard's."""
_EXAMPLE = "Give a URL such as sqlite:///runs/tuner.db or postgresql://user:password@host/database."


def open_storage(url: str | None, *, must_exist: bool = False) -> BaseStorage:
    """Open an Optuna storage with a cache in front of it; create the database, and an SQLite file's folder, if needed.

    SQLite runs in WAL mode with `synchronous=NORMAL`, which doubles the rate of writes: a crash of the process loses
    nothing, a power cut at most the last moments. PostgreSQL is reached through psycopg.

    Args:
        url: SQLAlchemy URL; None, or `sqlite:///:memory:`, for a storage that ends with the process.
        must_exist: refuse to create an SQLite file.

    Raises:
        UserError: for a bad URL, a missing driver, a path that cannot be used, a file that is not an Optuna database
            or has the schema of another version of Optuna.
        TunerError: if the database does not answer, is locked, or has no room left.
    """
    if url is None:
        return optuna.storages.get_storage(None)
    parsed = _parsed(url)
    shown = parsed.render_as_string(hide_password=True)
    file = sqlite_file(url)
    if file is not None:
        _prepare_folder(file, shown, must_exist=must_exist)
    arguments: dict[str, Any] = {"connect_args": {"timeout": _LOCK_SECONDS}} if _is_sqlite(parsed) else {}
    try:
        storage = RDBStorage(_escaped(parsed.render_as_string(hide_password=False)), engine_kwargs=arguments)
        if file is not None:
            _use_write_ahead_log(storage)
    except ImportError as error:
        raise UserError(f"The storage {shown} needs a driver that is not installed{_driver_hint(parsed)}.") from error
    except RuntimeError as error:  # Optuna's complaint about the schema
        raise UserError(
            f"The storage {shown} was written by another version of Optuna than this one ({optuna.__version__}). Use "
            f"another file, or, for an older one, run: optuna storage upgrade --storage '{shown}'"
        ) from error
    except STORAGE_ERRORS as error:
        raise storage_error(error, shown) from error
    return optuna.storages.get_storage(storage)


def storage_error(error: BaseException, shown: str) -> TunerError:
    """Translate a failure of the database into an error for people.

    Args:
        error: one of `STORAGE_ERRORS`.
        shown: the storage's URL without its password.
    """
    text = _root_cause(error)
    lowered = text.lower()
    if "not a database" in lowered or "malformed" in lowered:
        return UserError(f"The storage {shown} is not a database, or is damaged. Name another file. ({text})")
    if "readonly" in lowered or "read-only" in lowered:
        return UserError(f"The storage {shown} cannot be written to. Check its permissions or name another file.")
    if "unable to open" in lowered or "permission denied" in lowered:
        return UserError(f"The storage {shown} cannot be opened. Check the path and its permissions. ({text})")
    if "disk is full" in lowered or "no space" in lowered or "disk i/o error" in lowered:
        return TunerError(
            f"The storage {shown} could not be written: {text}. Make room on the disk and run the same command again; "
            "finished trials are kept and the others are queued again."
        )
    if "locked" in lowered:
        return TunerError(
            f"The storage {shown} stayed locked by another process for {_LOCK_SECONDS} s. Close what else uses it and "
            "run the same command again; finished trials are kept."
        )
    return TunerError(f"The storage {shown} failed: {text}. Run the same command again once it works.")


def shown_url(url: str | None) -> str:
    """Return a storage's URL as people may see it, without its password."""
    return "in memory" if url is None else _parsed(url).render_as_string(hide_password=True)


def sqlite_file(url: str | None) -> Path | None:
    """Return the file of an SQLite storage; None for one in memory or on a server."""
    if url is None:
        return None
    parsed = _parsed(url)
    name = parsed.database
    if not _is_sqlite(parsed) or not name or name == ":memory:":
        return None
    return Path(name.removeprefix("file:"))


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
        parsed.get_dialect()
    except NoSuchModuleError as error:
        raise UserError(f"The storage '{url}' names a kind of database that is not known here. {_EXAMPLE}") from error
    except (ArgumentError, ValueError) as error:
        raise UserError(f"The storage '{url}' is not a database URL. {_EXAMPLE}") from error
    except ImportError as error:
        raise UserError(f"The storage '{url}' needs a driver that is not installed.") from error
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername in ("postgres", "postgresql") else parsed


def _is_sqlite(parsed: URL) -> bool:
    return parsed.get_backend_name() == "sqlite"


def _escaped(url: str) -> str:
    """Return the URL so that Optuna, which fills in braces, leaves it as it is."""
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


def _driver_hint(parsed: URL) -> str:
    if parsed.get_backend_name() == "postgresql":
        return ". Install it with: pip install 'psycopg[binary]'"
    return f" ({parsed.drivername})"


def _root_cause(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    original = getattr(error, "orig", None) or error
    return str(original).strip().splitlines()[0] if str(original).strip() else type(original).__name__
