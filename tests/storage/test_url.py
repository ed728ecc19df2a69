"""URLs of storages: which can be used, what is wrong with the others, and how they are shown."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tuner.errors import UserError
from tuner.storage import open_storage, shown_url, sqlite_file
from tuner.storage._url import missing_driver, parse_url


@pytest.mark.parametrize("where", ["sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true"])
def test_a_database_in_memory_would_keep_nothing(where: str) -> None:
    with pytest.raises(UserError, match="is in memory, so nothing of the study would be kept"):
        open_storage(where)


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("nonsense", "'nonsense' is not a database URL. Give a URL such as sqlite:///runs/tuner.db"),
        ("", "is not a database URL"),
        ("foo://x", "a kind of database that is not supported. Use SQLite or PostgreSQL"),
        (
            "mysql://u:secret@localhost/x",
            r"'mysql://u:\*\*\*@localhost/x' names .* Use SQLite or PostgreSQL",
        ),
        ("oracle://u@localhost/x", "Use SQLite or PostgreSQL"),
        ("postgresql+none://u@localhost/x", "names an unknown driver"),
        ("postgresql://u@localhost:port/x", "is not a database URL"),
        ("sqlite://x.db", "write sqlite:///x.db$"),
        ("sqlite://runs/x.db", "write sqlite:///runs/x.db$"),
    ],
)
def test_bad_urls(where: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        open_storage(where)


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("mysql://me:pass/w@rd@host/db", "mysql://me:***@host/db"),
        ("postgresql://me:password@host:port/db", "postgresql://me:***@host:port/db"),
        ("postgresql+none://me:password@host/db", "postgresql+none://me:***@host/db"),
        ("mysql://host/db?user=me&password=pass", "mysql://host/db?user=me&password=***"),
    ],
)
def test_no_message_shows_a_password(where: str, shown: str) -> None:
    with pytest.raises(UserError) as caught:
        open_storage(where)
    assert f"'{shown}'" in str(caught.value)
    assert "pass" not in str(caught.value).replace("user:password@host", "").replace("&password=", "")


@pytest.mark.skipif(find_spec("psycopg2") is not None, reason="psycopg2 is installed")
def test_another_driver_of_postgresql() -> None:
    with pytest.raises(
        UserError, match=r"\(postgresql\+psycopg2\)\. Write postgresql\+psycopg://me:\*\*\*@host/db to use"
    ):
        open_storage("postgresql+psycopg2://me:secret@host/db")


def test_an_at_sign_that_would_make_half_a_password_a_part_of_the_host() -> None:
    with pytest.raises(UserError, match=r"me:\*\*\*@host/db' has an @ in its password\. Write it as %40") as caught:
        open_storage("postgresql://me:se@cret@host/db")
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host/db", "postgresql+psycopg://me:***@host/db"),
        ("postgresql://me:s%40cret@host:5432/db", "postgresql+psycopg://me:***@host:5432/db"),
        ("postgresql://host/db?user=me&password=secret", "postgresql+psycopg://host/db?password=***&user=me"),
        ("postgresql://me@host/db", "postgresql+psycopg://me@host/db"),
        ("sqlite:///runs/tuner.db", "sqlite:///runs/tuner.db"),
        (None, "in memory"),
    ],
)
def test_a_url_is_shown_as_it_can_be_used_but_without_its_password(url: str | None, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///runs/tuner.db", "runs/tuner.db"),
        ("sqlite:////runs/tuner.db", "/runs/tuner.db"),
        ("sqlite:///file:runs/tuner.db?mode=ro&uri=true", "runs/tuner.db"),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
        ("sqlite:///file:x?mode=memory&uri=true", None),
        ("postgresql://me@host/db", None),
        (None, None),
    ],
)
def test_the_file_of_a_database(url: str | None, file: str | None) -> None:
    assert sqlite_file(url) == (None if file is None else Path(file))


def test_a_driver_that_is_not_installed() -> None:
    message = str(missing_driver(parse_url("postgresql://me:secret@host/db")))
    assert message == (
        "The storage postgresql+psycopg://me:***@host/db needs the driver psycopg, which is not installed; install it "
        "with: pip install 'sac-tuner[postgresql]'"
    )
