"""Storages: opened, created, and every way in which that fails, each with one message."""

import sqlite3
from pathlib import Path

import optuna
import pytest
from sqlalchemy import event

from tuner.errors import TunerError, UserError
from tuner.storage import STORAGE_ERRORS, open_storage, storage_error


def url(path: Path) -> str:
    return f"sqlite:///{path}"


def test_creates_folder_and_file_with_a_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "deep" / "tuner.db"
    storage = open_storage(url(path))
    optuna.create_study(storage=storage, study_name="a")
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with storage._backend.engine.connect() as connection:  # type: ignore[attr-defined]
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1  # NORMAL
    again = open_storage(url(path), read_only=True)
    assert [study.study_name for study in again.get_all_studies()] == ["a"]


def test_in_memory() -> None:
    study = optuna.create_study(storage=open_storage(None))
    study.tell(study.ask(), 1.0)
    assert study.best_value == 1.0


def test_braces_in_the_path_are_left_alone(tmp_path: Path) -> None:
    open_storage(url(tmp_path / "{x}.db"))
    assert (tmp_path / "{x}.db").exists()


@pytest.mark.parametrize(
    "table", ["recipes (id)", "studies (id, title)", "trials (id, patient)", "alembic_version (version_num)"]
)
@pytest.mark.parametrize("read_only", [False, True])
def test_a_database_of_another_program(tmp_path: Path, table: str, read_only: bool) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table}")
    before = path.read_bytes()
    with pytest.raises(UserError, match=r"other\.db was not written by Optuna; name another file\."):
        open_storage(url(path), read_only=read_only)
    assert path.read_bytes() == before


def test_not_a_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are notes. " * 100)
    with pytest.raises(UserError, match=r"is not a database, or is damaged\. Name another file"):
        open_storage(url(path))
    assert path.read_text().startswith("These are notes.")


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is a folder. Name a file in it, such as .*tuner\.db"):
        open_storage(url(tmp_path))


def test_a_folder_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="of the storage cannot be created"):
        open_storage(url(tmp_path / "file" / "tuner.db"))


def test_missing_where_it_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There is no storage"):
        open_storage(url(tmp_path / "tuner.db"), read_only=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("version", ["v2.6.0.a", "v99.0.0.z"])
def test_another_schema(tmp_path: Path, version: str) -> None:
    path = tmp_path / "tuner.db"
    open_storage(url(path))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    with pytest.raises(UserError, match="written by another version of Optuna"):
        open_storage(url(path))


def test_read_only(tmp_path: Path) -> None:
    path = tmp_path / "tuner.db"
    optuna.create_study(storage=open_storage(url(path)), study_name="a")
    storage = open_storage(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(STORAGE_ERRORS) as caught:
        storage.set_study_user_attr(1, "x", 1)
    error = storage_error(caught.value, "S")
    assert isinstance(error, UserError)
    assert "The storage S cannot be written to." in str(error)


def test_a_full_disk(tmp_path: Path) -> None:
    storage = open_storage(url(tmp_path / "tuner.db"))
    study = optuna.create_study(storage=storage, study_name="a")
    engine = storage._backend.engine  # type: ignore[attr-defined]
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count = 60"))
    engine.dispose()
    with pytest.raises(STORAGE_ERRORS) as caught:
        study.set_user_attr("much", "x" * 1_000_000)
    error = storage_error(caught.value, "S")
    assert (type(error), error.exit_code) == (TunerError, 1)
    assert "database or disk is full. Make room on the disk and run the same command again" in str(error)


def test_locked_by_another_process(tmp_path: Path) -> None:
    path = tmp_path / "tuner.db"
    optuna.create_study(storage=open_storage(url(path)), study_name="a")
    impatient = optuna.storages.RDBStorage(url(path), engine_kwargs={"connect_args": {"timeout": 0}})
    with sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(STORAGE_ERRORS) as caught:
            impatient.set_study_user_attr(1, "x", 1)
        other.rollback()
    error = storage_error(caught.value, "S")
    assert type(error) is TunerError
    assert "stayed locked by another process for 60 s" in str(error)
