"""Transactions of a study on a real PostgreSQL server: one at a time, whole or not at all."""

import time
from pathlib import Path

import optuna
import pytest
import sqlalchemy
from sqlalchemy.exc import OperationalError

from tests.storage.server import Server
from tuner.clock import wall_time
from tuner.errors import UserError
from tuner.storage import STORAGE_ERRORS, claiming, open_storage, storage_error
from tuner.storage._claim import server_lock, storage_time


def states(study: optuna.Study) -> list[str]:
    return [trial.state.name for trial in study.trials]


def test_nothing_is_kept_of_a_block_that_fails(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuner.storage._own_trials.READ_SECONDS", 0.0)
    url = server.new_database()
    storage = open_storage(url)
    study = optuna.create_study(storage=storage, study_name="a")
    other = optuna.load_study(study_name="a", storage=open_storage(url))
    study.enqueue_trial({"x": 1})

    def change() -> None:
        with claiming(storage, "a"), claiming(storage, "a"):  # a block in a block is part of it
            study.tell(study.ask(), 3.0)
            study.enqueue_trial({"x": 2})
            study.set_user_attr("done", True)
            assert (states(study), states(other)) == (["COMPLETE", "WAITING"], ["WAITING"])
            if len(study.user_attrs) < 2:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert (states(study), study.user_attrs) == (["WAITING"], {})  # nor is it in Optuna's cache
    study.set_user_attr("now", True)
    change()
    assert states(study) == states(other) == ["COMPLETE", "WAITING"]
    assert study.trials[0].value == 3.0


def test_who_stands_still_loses_the_lock(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.new_database()
    storage, elsewhere = open_storage(url), open_storage(url)
    study = optuna.create_study(storage=storage, study_name="a")
    monkeypatch.setattr("tuner.storage._claim.LOCK_SECONDS", 1)

    def stand_still() -> None:
        with claiming(storage, "a"):
            study.set_user_attr("x", 1)
            time.sleep(1.5)  # the server counts these seconds
            with claiming(elsewhere, "a"):
                pass
            study.set_user_attr("x", 2)

    with pytest.raises(STORAGE_ERRORS):
        stand_still()
    assert study.user_attrs == {}


def test_the_time_is_the_server_s(server: Server) -> None:
    storage = open_storage(server.new_database())
    assert storage_time(storage) == pytest.approx(wall_time(), abs=60.0)  # this machine's clock, as it runs here
    with claiming(storage, "a"):
        assert storage_time(storage) < storage_time(storage)  # and it does not stand still in a transaction
    assert storage_time(open_storage(None)) == pytest.approx(wall_time(), abs=60.0)


def test_the_claim_waits_for_another_but_not_forever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.new_database()
    storage, elsewhere = open_storage(url), open_storage(url)
    with claiming(storage, "a"):
        monkeypatch.setattr("tuner.storage._claim.LOCK_SECONDS", 1)
        with claiming(elsewhere, "b"):
            pass  # another study
        with pytest.raises(OperationalError) as caught, claiming(elsewhere, "a"):
            pass
    error = storage_error(caught.value, "S")
    assert type(error) is UserError
    assert str(error).startswith("The storage S stayed locked by another process for")
    with claiming(storage, "a"):
        pass  # it is free again


def test_no_lock_outlives_an_error(server: Server) -> None:
    storage = open_storage(server.new_database())
    with pytest.raises(ZeroDivisionError), claiming(storage, "a"):
        raise ZeroDivisionError
    with storage._backend.engine.connect() as connection:  # type: ignore[attr-defined]
        assert (
            connection.execute(sqlalchemy.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar()
            == 0
        )


def test_a_database_in_a_file_or_in_memory_needs_no_lock(tmp_path: Path) -> None:
    for storage in (open_storage(None), open_storage(f"sqlite:///{tmp_path}/x.db")):
        with claiming(storage, "a"), claiming(storage, "a"):
            pass
    engine = sqlalchemy.create_engine("sqlite://")
    with server_lock(engine, ""), server_lock(engine, ""):
        pass
