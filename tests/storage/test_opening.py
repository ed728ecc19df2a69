"""Storages: opened, created, and every way in which that fails, each with one message."""

import os
import shutil
import sqlite3
import subprocess
import traceback
from pathlib import Path

import optuna
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from tests.storage.server import PASSWORD, Server, free_port
from tests.study.toy import Lab, play, space
from tuner.clock import ManualClock
from tuner.config import StudyConfig
from tuner.errors import UserError
from tuner.storage import STORAGE_ERRORS, open_storage, shown_url, storage_error
from tuner.study import Manager
from tuner.workers import ReplayPool


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
    assert (type(error), error.exit_code) == (UserError, 2)
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
    assert type(error) is UserError
    assert "stayed locked by another process for 60 s" in str(error)


def name_of(url: str) -> str:
    """Return the name of the database in a URL."""
    return str(make_url(url).database)


def refusal(url: str) -> str:
    """Return the message of the error with which a storage is refused."""
    with pytest.raises(UserError) as caught:
        open_storage(url)
    trace = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in trace
    return str(caught.value)


def test_a_server_that_cannot_be_reached() -> None:
    message = refusal(f"postgresql://me:{PASSWORD}@127.0.0.1:{free_port()}/studies")
    assert message.startswith("The storage postgresql+psycopg://me:***@127.0.0.1:")
    assert "cannot be reached: connection " in message
    assert "Check host, port, user and database, and that the server runs. Then run the same command again" in message


def test_a_server_that_refuses(server: Server) -> None:
    url = server.new_database()
    assert "cannot be reached: " in (message := refusal(server.url("nowhere")))
    assert 'database "nowhere" does not exist' in message
    assert "refuses the password: " in (message := refusal(url.replace(PASSWORD, "no%40t")))
    assert 'password authentication failed for user "tester"' in message
    assert "in PGPASSWORD, in ~/.pgpass or in a service file (?service=NAME)" in message
    assert "no%40t" not in message
    assert "no@t" not in message
    assert "no password supplied" in refusal(url.replace(f":{PASSWORD}", ""))
    assert 'has an option that PostgreSQL does not know: invalid connection option "sslmod"' in refusal(
        f"{url}&sslmod=x"
    )
    assert 'invalid sslmode value: "x"' in refusal(f"{url}&sslmode=x")
    by_name = server.url(name_of(url), host="127.0.0.1")
    assert "server does not support SSL, but SSL was required" in refusal(f"{by_name}?sslmode=require")


def test_the_password_may_come_from_elsewhere(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.new_database(password=None)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    study = optuna.create_study(storage=open_storage(url), study_name="a")
    assert PASSWORD not in shown_url(url) + repr(study._storage._backend.engine)  # type: ignore[attr-defined]
    monkeypatch.delenv("PGPASSWORD")
    (tmp_path / "pgpass").write_text(f"*:*:*:tester:{PASSWORD}\n")
    (tmp_path / "pgpass").chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    assert optuna.get_all_study_names(open_storage(url)) == ["a"]
    monkeypatch.delenv("PGPASSFILE")
    service = f"[studies]\nhost={server.folder}\nuser=tester\npassword={PASSWORD}\ndbname={name_of(url)}\n"
    (tmp_path / "services").write_text(service)
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    assert optuna.get_all_study_names(open_storage("postgresql://?service=studies")) == ["a"]
    assert 'definition of service "others" not found' in refusal("postgresql://?service=others")


@pytest.mark.parametrize("where", ["user", "query"])
def test_a_password_with_odd_characters_is_shown_nowhere(server: Server, where: str) -> None:
    server.execute("DROP ROLE IF EXISTS odd")
    server.execute("CREATE ROLE odd LOGIN PASSWORD 'p@s/s:w%rd'")
    quoted = "p%40s%2Fs%3Aw%25rd"
    base = server.new_database(password=None).partition("@")[2]
    url = f"postgresql://odd:{quoted}@{base}" if where == "user" else f"postgresql://odd@{base}&password={quoted}"
    with pytest.raises(UserError, match=r"cannot be opened\. Grant its user the right to create tables\.") as caught:
        open_storage(url)  # the password was right
    text = "".join(traceback.format_exception(caught.value)) + shown_url(url)
    assert "***" in text
    for secret in (quoted, "p@s/s:w%rd", "s:w%rd", "w%25rd"):
        assert secret not in text


def test_tls_is_as_libpq_has_it(server: Server, tmp_path: Path) -> None:
    keys = [server.folder / "data" / name for name in ("server.crt", "server.key")]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-out", keys[0], "-keyout", keys[1]], check=True, capture_output=True)
    shutil.copy(keys[0], tmp_path / "trusted.crt")
    owner = (server.folder / "data").stat()
    for key in keys:
        key.chmod(0o600)
        os.chown(key, owner.st_uid, owner.st_gid)
    server.configure("ssl = on")
    try:
        name = name_of(server.new_database())
        url = server.url(name, host="localhost") + "?sslmode=verify-full"
        storage = open_storage(f"{url}&sslrootcert={tmp_path}/trusted.crt")
        with storage._backend.engine.connect() as connection:  # type: ignore[attr-defined]
            query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert connection.exec_driver_sql(query).scalar()
        assert "certificate" in refusal(f"{url}&sslrootcert={tmp_path}/missing.crt")
        numeric = url.replace("localhost", "127.0.0.1")
        assert "does not match host name" in refusal(f"{numeric}&sslrootcert={tmp_path}/trusted.crt")
    finally:
        server.configure("ssl = off")


def test_a_server_that_does_not_take_writes(server: Server) -> None:
    url = server.new_database()
    name = name_of(url)
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    message = r"cannot be written to\. Name a server that takes writes\."
    with pytest.raises(UserError, match=message):
        open_storage(url)
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    lab = Lab(None)
    config = lab.config(storage=url, budget={"trials": 2})
    open_storage(url)
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(UserError, match=message):
        run(config)
    server.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    assert run(config) == 2


def test_a_server_without_room(server: Server) -> None:
    url = server.new_database()
    config = Lab(None).config(storage=url, budget={"trials": 3})
    open_storage(url)
    database = name_of(url)
    server.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF NEW.key = 'ticks' AND "
        "(SELECT count(*) FROM trials) > 1 THEN RAISE EXCEPTION USING ERRCODE = '53100', "
        "MESSAGE = 'could not extend file: No space left on device'; END IF; RETURN NEW; END$$",
        database,
    )
    server.execute(
        "CREATE TRIGGER f BEFORE INSERT ON trial_user_attributes FOR EACH ROW EXECUTE FUNCTION full_disk()", database
    )
    with pytest.raises(
        UserError, match=r"could not be written: could not extend file: No space left on device\. Make room"
    ):
        run(config)
    server.execute("DROP TRIGGER f ON trial_user_attributes", database)
    assert run(config) == 3
    states = [trial.state.name for trial in optuna.load_study(study_name="toy", storage=open_storage(url)).trials]
    assert states == ["COMPLETE", "FAIL", "COMPLETE", "COMPLETE"]


@pytest.mark.parametrize("version", ["v2.6.0.a", "v99.0.0.z"])
def test_another_schema_on_a_server(server: Server, version: str) -> None:
    url = server.new_database()
    open_storage(url)
    server.execute(f"UPDATE alembic_version SET version_num = '{version}'", name_of(url))
    assert "was written by another version of Optuna than this one" in refusal(url)


def run(config: StudyConfig) -> int:
    """Run a study and return how many of its trials have ended."""
    clock = ManualClock()
    return Manager(config, space(), ReplayPool(play, 1, clock), clock=clock).run().finished
