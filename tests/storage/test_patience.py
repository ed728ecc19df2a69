"""A server that does not answer is waited for, by the operations and the transactions of a run."""

from pathlib import Path

import optuna
import pytest
from sqlalchemy import text

from tests.storage.server import Server
from tuner.clock import ManualClock
from tuner.storage import STORAGE_ERRORS, Patience, open_storage, storage_error, transact, waiting
from tuner.storage._patience import PATIENCE_SECONDS, database_of, on_server, passes


class Waking(ManualClock):
    """A clock at whose third wait the server is started again."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.waits = 0

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.waits += 1
        if self.waits == 3:
            self._server.start()


def connections_lost(server: Server) -> None:
    """Let the server drop all other connections."""
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


def test_operations_wait_for_a_server_that_is_started_anew(server: Server) -> None:
    storage = open_storage(server.new_database())
    study = optuna.create_study(storage=storage, study_name="a")
    clock, said = Waking(server), list[str]()
    with waiting(storage, Patience(said.append, lambda: False, clock)):
        server.stop()
        study.set_user_attr("x", 1)
        assert study.user_attrs == {"x": 1}
    assert clock.waits == 3
    assert said[0].startswith("The database does not answer: connection ")
    assert said[0].endswith(". Running trials go on, and it is asked again for 5 minutes.")
    assert said[1:] == ["The database answers again."]
    connections_lost(server)
    with pytest.raises(STORAGE_ERRORS):  # nobody waits after the block
        study.set_user_attr("x", 2)
    study.set_user_attr("x", 2)


def test_patience_has_an_end_and_can_be_lost(server: Server) -> None:
    storage = open_storage(server.new_database())
    study = optuna.create_study(storage=storage, study_name="a")
    server.stop()
    try:
        clock = ManualClock()
        with waiting(storage, Patience(lambda _: None, lambda: False, clock)), pytest.raises(STORAGE_ERRORS) as caught:
            study.set_user_attr("x", 1)
        assert clock.now() == PATIENCE_SECONDS
        assert "cannot be reached: " in str(storage_error(caught.value, "S"))
        clock = ManualClock()
        with waiting(storage, Patience(lambda _: None, lambda: True, clock)), pytest.raises(STORAGE_ERRORS):
            study.set_user_attr("x", 1)
        assert clock.now() == 0.0
    finally:
        server.start()


def test_a_transaction_is_repeated_as_a_whole(server: Server) -> None:
    storage = open_storage(server.new_database())
    study = optuna.create_study(storage=storage, study_name="a")
    calls = 0

    def action() -> int:
        nonlocal calls
        calls += 1
        study.enqueue_trial({"x": calls})
        assert len(study.trials) == 1  # the one of the first call is gone
        if calls == 1:
            connections_lost(server)
        study.set_user_attr("calls", calls)
        return calls

    with waiting(storage, Patience(lambda _: None, lambda: False, ManualClock())):
        assert transact(storage, "a", action) == 2
    (trial,) = study.trials
    assert trial.system_attrs["fixed_params"] == {"x": 2}
    assert (trial.number, study.user_attrs["calls"]) == (0, 2)


def test_what_does_not_pass_is_not_repeated(server: Server) -> None:
    storage = open_storage(server.new_database())
    calls = []

    def action() -> None:
        calls.append(1)
        database_of(storage).scoped_session().execute(text("SELECT nothing"))

    patience = Patience(lambda _: None, lambda: False, ManualClock())
    with waiting(storage, patience), pytest.raises(STORAGE_ERRORS) as caught:
        transact(storage, "a", action)
    assert not passes(caught.value)
    assert calls == [1]


def test_files_and_memory_always_answer(tmp_path: Path) -> None:
    for storage in (open_storage(None), open_storage(f"sqlite:///{tmp_path}/x.db")):
        assert not on_server(storage)
        with waiting(storage, Patience(lambda _: None, lambda: False)):
            assert transact(storage, "a", lambda: 7) == 7
