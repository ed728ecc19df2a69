import math
from typing import Any

import pytest

from tuner.config._yaml import dump_yaml, parse_yaml
from tuner.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 0.001),
        ("1E5", 100000.0),
        ("3e+2", 300.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("-2.5e-4", -0.00025),
        ("-7", -7),
        ("+7", 7),
        ("010", 10),  # YAML 1.1 says 8
        ("0o17", 15),
        ("0x1F", 31),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("yes", "yes"),  # YAML 1.1 says true
        ("No", "No"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("2024-05-06", "2024-05-06"),  # YAML 1.1 says a date
        ("1:30", "1:30"),  # YAML 1.1 says ninety
        ("1_000", "1_000"),
        ("1.2.3", "1.2.3"),
        ("e5", "e5"),
        ("-", [None]),
        ("~", None),
        ("null", None),
        ("", None),
        ("'1e-3'", "1e-3"),
        ("{a: {b: [1, two, 3.0]}}", {"a": {"b": [1, "two", 3.0]}}),
        ("{a: , b: }", {"a": None, "b": None}),
    ],
)
def test_plain_values(text: str, expected: Any) -> None:
    found = parse_yaml(text, "test")
    assert found == expected
    assert type(found) is type(expected)


def test_not_a_number() -> None:
    assert math.isnan(parse_yaml(".nan", "test"))


def test_anchors_and_merges() -> None:
    text = "a: &a {x: 1, y: 2}\nb: &b {<<: *a, y: 3}\nc: {<<: *b, z: 4}\nd: *a\n"
    assert parse_yaml(text, "test") == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 3, "z": 4},
        "d": {"x": 1, "y": 2},
    }


def test_the_same_key_in_two_mappings_is_fine() -> None:
    assert parse_yaml("{a: {k: 1}, b: {k: 2}}", "test") == {"a": {"k": 1}, "b": {"k": 2}}


@pytest.mark.parametrize("text", ["a: 1\na: 2", "{b: {a: 1, 'a': 2}}", "- {a: 1, a: 1}"])
def test_a_key_given_twice_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"test, line .*the key 'a' appears twice"):
        parse_yaml(text, "test")


@pytest.mark.parametrize("text", ["1: a", "true: a", "null: a", "[a]: b", "? {a: 1}\n: b"])
def test_keys_are_text(text: str) -> None:
    with pytest.raises(UserError, match="is not text; put it in quotes"):
        parse_yaml(text, "test")


def test_no_python_objects() -> None:
    with pytest.raises(UserError, match="could not determine a constructor"):
        parse_yaml("!!python/name:os.system", "test")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: !!bool maybe", "test, line 1, column 4, is not valid YAML: 'maybe' cannot be read as !!bool."),
        ("a: 1\nb: !!int ''", "line 2, column 4, is not valid YAML: '' cannot be read as !!int."),
        ("a: !!int x", "'x' cannot be read as !!int"),
        ("a: !!float x", "'x' cannot be read as !!float"),
        ("a: !!timestamp x", "'x' cannot be read as !!timestamp"),
        ("a: !!timestamp 2001-13-01", "'2001-13-01' cannot be read as !!timestamp"),
        ("a: !!map [x]", "a list cannot be read as !!map"),
        ("a: !!set x", "'x' cannot be read as !!set"),
        ("a: !!seq x", "expected a sequence node"),
        (f"a: {'1' * 5000}", f"'{'1' * 38}… cannot be read as !!int"),  # more digits than Python reads
    ],
)
def test_values_that_do_not_fit_their_tag(text: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_yaml(text, "test")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "text", ["08", "1e5", "yes", "1:30", "2024-05-06", "0o7", "true", "~", "<<", "=", " a", "a: b", "#", ""]
)
def test_text_stays_text_when_written(text: str) -> None:
    assert parse_yaml(dump_yaml({"a": [text]}), "test") == {"a": [text]}
