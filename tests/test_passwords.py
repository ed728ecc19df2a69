"""Passwords in texts of every kind; that no command shows one is tested in tests/cli/test_masking.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuner.passwords import mask_passwords, mask_passwords_in


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://u:secret@h/db", "postgresql://u:***@h/db"),
        ("postgresql+psycopg://u:secret@[::1]:5432/db", "postgresql+psycopg://u:***@[::1]:5432/db"),
        ("postgresql://:secret@h/db", "postgresql://:***@h/db"),
        ("postgresql://u:s%40c%2Fr%3At@h/db", "postgresql://u:***@h/db"),
        # characters that should have been escaped
        ("postgresql://u:s@c:r/e#t?@h:5432/db", "postgresql://u:***@h:5432/db"),
        ("postgresql://u:s://x@h/db", "postgresql://u:***@h/db"),
        ("postgresql://u:my secret, 'quoted'@h/db", "postgresql://u:***@h/db"),
        ("postgresql://m@e:secret@h/db", "postgresql://m@e:***@h/db"),
        ("postgresql://us/er:secret@h/db", "postgresql://us/er:***@h/db"),
        ("sqlite://u:secret@h/x.db", "sqlite://u:***@h/x.db"),
        # not among user and host
        ("postgresql://h/db?user=u&password=secret&x=1", "postgresql://h/db?user=u&password=***&x=1"),
        ("postgresql://h/db?sslpassword=se cret", "postgresql://h/db?sslpassword=***"),
        ("sqlite:///file:x.db?uri=true&PASSWORD=secret", "sqlite:///file:x.db?uri=true&PASSWORD=***"),
        # what libpq calls a connection string
        ("host=h password=secret dbname=d", "host=h password=*** dbname=d"),
        ("host=h password = 'my \\' secret' dbname=d", "host=h password = *** dbname=d"),
        ("host=h password=a&b", "host=h password=***"),
        # an option of the command line
        ("storage=postgresql://u:my secret@h/db", "storage=postgresql://u:***@h/db"),
        ('storage="postgresql://u:my secret@h/db"', 'storage="postgresql://u:***@h/db"'),
    ],
)
def test_every_spelling_of_a_url_loses_its_password(text: str, masked: str) -> None:
    assert mask_passwords(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("There is no study 'x' in postgresql://u:s@cret@h/db; known: a.", "… postgresql://u:***@h/db; known: a."),
        ("There is no study 'x' in sqlite:///x?password=secret; known: a.", "… sqlite:///x?password=***; known: a."),
        ("In postgresql://u:my secret@h/db; known: a.", "… postgresql://u:***@h/db; known: a."),
        ("'host=h password='my secret' port=1' is no URL", "… password=*** port=1' is no URL"),
        ("repr: 'password=\\'my secret\\' port=1'", "… password=*** port=1'"),
        ("x --set s=postgresql://u:a@b@h --set s=postgresql://u:c@h", "… s=postgresql://u:***@h --set s=postgresql://u:***@h"),
        ("(postgresql://u:secret@h/db, sqlite:///x?password=secret)", "… (postgresql://u:***@h/db, sqlite:///x?password=***)"),
        ('{"storage": "postgresql://u:secret@h/db", "x": 1}', '… "postgresql://u:***@h/db", "x": 1}'),
        ("given: 'postgresql:/u:secret@h/db.html'", "… 'postgresql:/u:***@h/db.html'"),
        ("In postgresql://m@e:secret@h/db; known: a.", "… postgresql://m@e:***@h/db; known: a."),
        ("In postgresql://m@e:my secret@h/db; known: a.", "… postgresql://m@e:***@h/db; known: a."),
        ("given: postgresql:/u:my secret@h/db.html", "… postgresql:/u:***@h/db.html"),
        ("shortened: 'postgresql://u:sec...et@h/db'", "… 'postgresql://u:***@h/db'"),
        ("shortened: 'postgresql://u:sec…", "… 'postgresql://u:***…"),
        ("No such option: --postgresql://u:secret@h/db", "… --postgresql://u:***@h/db"),
        ("two\nlines postgresql://u:secret@h\nme@h", "… lines postgresql://u:***@h\nme@h"),
    ],
)  # fmt: skip
def test_a_url_in_a_sentence_loses_its_password_and_the_sentence_nothing(text: str, masked: str) -> None:
    assert mask_passwords(text).endswith(masked.removeprefix("… "))
    assert "known" not in text or mask_passwords(text).endswith("; known: a.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sqlite:///runs/tuner.db",
        "sqlite:////srv/a:b@c/tuner.db",
        "postgresql://me@host/db",
        "postgresql://host:5432/db?sslmode=require&passfile=/home/me/.pgpass",
        "The dashboard is at http://127.0.0.1:8080/dashboard (Ctrl-C ends it).",
        "See http://host:8080/x and write to me@host.",
        "The storage postgresql://u:***@h:5432/db failed: no role for 'a@b'.",
        "The storage postgresql://h:5432/db failed: no role for 'a@b'.",
        "The storage postgresql://me@h:5432/db failed: no role for 'a@b'.",
        "The storage postgresql://me@h/db failed: no role for 'a@b'.",
        "--set budget.trials=abc, x = 3, C:/users/me",
        "Set a password, in a file (--password-file FILE).",
    ],
)
def test_a_text_without_a_password_stays_as_it_is(text: str) -> None:
    assert mask_passwords(text) == text


# A secret that is one word, as no text marks where one with spaces ends, and is not part of what stands around it.
secrets = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), min_size=3).map("§{}§".format)
spellings = st.sampled_from(
    ["postgresql://u:{}@h/db", "mysql+x://:{}@h:1/db?a=b", "sqlite://u:{}@h", "'postgresql://u:{}@h/db'", "a=pg://u:{}@h"]
)  # fmt: skip
sentences = st.sampled_from(["{}", "The storage {} failed.", "({}); known: a, b.", 'x --set s="{}" y', "a\n{}\nb"])


@given(secrets, spellings, sentences)
def test_no_part_of_a_secret_is_left_whatever_is_in_it(secret: str, spelling: str, sentence: str) -> None:
    masked = mask_passwords(sentence.format(spelling.format(secret)))
    assert "§" not in masked
    assert mask_passwords(masked) == masked


@pytest.mark.parametrize("part", ["a", "a.", "a:", "://", "a:/", "password", "?password=a'", "postgresql://u:x "])
def test_long_texts_take_no_time(part: str) -> None:
    text = "=" + part * 100_000
    assert len(mask_passwords(text)) <= len(text) + 3 * 100_000


def test_data_is_masked_at_every_depth() -> None:
    url = "postgresql://u:secret@h/db"
    data = {"a": [url, 1, None, {url: (url, True)}], "c": 0.5}
    shown = "postgresql://u:***@h/db"
    assert mask_passwords_in(data) == {"a": [shown, 1, None, {shown: [shown, True]}], "c": 0.5}
