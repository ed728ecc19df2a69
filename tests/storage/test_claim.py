"""Two machines cannot start one study: real processes race for it on a real PostgreSQL server."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import optuna
import psycopg
import pytest
import sqlalchemy
from sqlalchemy.exc import OperationalError

from tests.storage.server import PASSWORD, Server, running_server
from tests.study.toy import Lab
from tuner.clock import wall_time
from tuner.errors import TunerError
from tuner.storage import claiming, open_storage, runs_of, storage_error
from tuner.storage._claim import server_lock

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as found:
        yield found


class Claimant:
    """The process of `claimant.py`."""

    def __init__(self, url: str, host: str, stack: ExitStack) -> None:
        command = [sys.executable, "-m", "tests.storage.claimant", url, host]
        pipe = subprocess.PIPE
        self.process = stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT))
        stack.callback(self.process.kill)
        assert self.hear() == "ready"

    def say(self, line: str = "") -> None:
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def hear(self) -> str:
        return self.process.stdout.readline().strip()


def test_of_several_machines_that_start_at_once_one_wins(server: Server) -> None:
    url = server.new_database()  # empty, so that they create Optuna's tables at once too
    with ExitStack() as stack:
        claimants = [Claimant(url, f"host{number}", stack) for number in range(3)]
        for study in ("a", "b", "c"):
            for claimant in claimants:
                claimant.say(study)
            said = [claimant.hear() for claimant in claimants]
            assert said.count("won") == 1, said
            winner = said.index("won")
            pid = claimants[winner].process.pid
            for line in said[:winner] + said[winner + 1 :]:
                assert line.startswith(f"The study '{study}' is being run by process {pid} on host host{winner}, which")
            claimants[winner].say()
            assert claimants[winner].hear() == "finished"
            write_slowly(url)  # gives the others time to get between one's look at the study and its claim
    assert all(len(runs_of(study)) == 1 for study in studies(url))


def write_slowly(url: str) -> None:
    """Let the server take a tenth of a second for each attribute of a study."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END'"
        )
        connection.execute(
            "CREATE OR REPLACE TRIGGER wait BEFORE INSERT OR UPDATE ON study_user_attributes "
            "FOR EACH ROW EXECUTE FUNCTION wait()"
        )


def studies(url: str) -> list[optuna.Study]:
    storage = open_storage(url)
    return [optuna.load_study(study_name=name, storage=storage) for name in optuna.get_all_study_names(storage)]


def test_the_claim_of_a_killed_owner_is_taken_over(server: Server) -> None:
    url = server.new_database()
    with ExitStack() as stack:
        first, second, elsewhere = (Claimant(url, host, stack) for host in ("here", "here", "elsewhere"))
        first.say("a")
        assert first.hear() == "won"
        first.process.kill()
        first.process.wait()
        elsewhere.say("a")  # cannot see that it is dead
        assert elsewhere.hear().startswith(f"The study 'a' is being run by process {first.process.pid} on host here")
        second.say("a")
        assert second.hear() == "won"
        second.process.kill()
        second.process.wait()
        (study,) = studies(url)
        *earlier, last = runs_of(study)
        study.set_user_attr("runs", [*earlier, {**last, "seen_epoch_seconds": wall_time() - 121.0}])
        elsewhere.say("a")  # silence for two minutes is death
        assert elsewhere.hear() == "won"
        elsewhere.say()
        assert elsewhere.hear() == "finished"
        assert [run["end"] for run in runs_of(study)] == [None, None, "finished"]


def test_a_study_that_is_being_confirmed_is_not_run(server: Server) -> None:
    url = server.new_database()
    with ExitStack() as stack:
        claimant = Claimant(url, "here", stack)
        claimant.say("a")
        assert claimant.hear() == "won"
        claimant.say()
        assert claimant.hear() == "finished"
        (study,) = studies(url)
        confirm = optuna.create_study(storage=study._storage, study_name="a/confirm")
        owner = {"host": "elsewhere", "boot": "1", "pid": 7, "started": 1.0}
        confirm.set_user_attr("runs", [{"owner": owner, "end": None, "seen_epoch_seconds": wall_time()}])
        claimant.say("a")
        assert claimant.hear().startswith("The study 'a' is being run by process 7 on host elsewhere")


def test_the_claim_waits_for_another_but_not_forever(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.new_database()
    monkeypatch.setattr("tuner.storage._claim.LOCK_SECONDS", 0.01)
    storage = open_storage(url)
    with claiming(storage, "a"):
        with claiming(storage, "b"):
            pass  # another study
        with pytest.raises(OperationalError) as caught, claiming(storage, "a"):
            pass
    error = storage_error(caught.value, "S")
    assert type(error) is TunerError
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


def test_a_whole_study_on_a_server(server: Server, tmp_path: Path) -> None:
    url = server.new_database()
    lab = Lab(tmp_path)
    config = lab.config(storage=url, budget={"trials": 3})
    assert lab.run(config).finished == 3
    assert lab.run(config).reason == "finished"
    (study,) = studies(url)
    assert [run["end"] for run in runs_of(study)] == ["finished", "finished"]
    assert PASSWORD not in str(study.user_attrs)
