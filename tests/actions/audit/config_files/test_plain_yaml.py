"""Anybody's YAML as plain values, and finding things in it."""

import pytest

from tests.actions.audit.config_files.reading import read
from tuner.actions.audit.config_files._plain_yaml import at_path, find_keys, load_plain, only_value, resolved
from tuner.errors import UserError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a: !!python/tuple [1, 2]", {"a": [1, 2]}),
        ("a: !my.tag {b: 1}", {"a": {"b": 1}}),
        ("a: !!python/object/apply:builtins.slice [null, 2, null]", {"a": [None, 2, None]}),
        ("a: !!python/name:os.system ''", {"a": ""}),
        ("1: one\ntrue: yes\n[a, b]: list", {"1": "one", "True": True, "['a', 'b']": "list"}),  # keys are texts
        ("base: &base {x: 1, y: 2}\na: {<<: *base, y: 3}", {"base": {"x": 1, "y": 2}, "a": {"x": 1, "y": 3}}),
        ('{"json": [1.5, null, false]}', {"json": [1.5, None, False]}),
    ],
)
def test_values_are_what_the_tags_are_put_on(text, values):
    assert load_plain(text, "test") == values


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "test holds a NoneType, not keys and values"),
        ("- 1", "test holds a list"),
        ("a: [1", "test is not valid YAML: while parsing a flow sequence"),
        ("a: !!bool maybe", "test is not valid YAML: 'maybe' cannot be read as !!bool"),
        ("a: !!int ''", "'' cannot be read as !!int"),
        ("a: !!timestamp x", "'x' cannot be read as !!timestamp"),
        ("a: !!map [x]", "a list cannot be read as !!map"),
        ("a: " + "[" * 3000, "test is not valid YAML"),
    ],
)
def test_texts_that_are_no_keys_and_values(text, message):
    with pytest.raises(UserError, match=message):
        load_plain(text, "test")


def test_keys_are_found_at_any_depth():
    data = {"a": {"clip": 1}, "b": [{"clip": 2}], "clip": {"clip": 3}}
    assert find_keys(data, ("clip",)) == [
        (("a", "clip"), 1),
        (("b", "0", "clip"), 2),
        (("clip",), {"clip": 3}),
        (("clip", "clip"), 3),
    ]
    assert at_path(data, ("clip", "clip")) == 3
    assert at_path(data, ("b", "0")) is None  # a list has no keys
    assert at_path(data, ("nowhere", "clip")) is None


def test_references_are_followed_from_the_top():
    data = {"a": {"b": "${c}"}, "c": "${d.e}", "d": {"e": 7}, "self": "${self}"}
    assert resolved(data, "${a.b}") == 7
    assert resolved(data, "${nowhere}") == "${nowhere}"
    assert resolved(data, "${self}") == "${self}"
    assert resolved(data, "no ${d.e} at all") == "no ${d.e} at all"


def test_places_have_to_agree():
    data = {"seven": 7}
    found = [(("a",), 7), (("b",), "${seven}")]
    assert only_value(data, found, "test") == (("a",), 7)
    with pytest.raises(UserError, match=r"test clips actions in several ways: a: 7, c\.d: 8"):
        only_value(data, [*found[:1], (("c", "d"), 8)], "test")


def test_nothing_that_a_tag_names_is_run(tmp_path):
    mark = tmp_path / "was_run"
    text = f"clip_actions: 3\nx: !!python/object/apply:os.system ['touch {mark}']\ny: !!python/name:os.remove ''"
    assert read(tmp_path, "agent.yaml", text).high == (3.0,)
    assert not mark.exists()


def test_many_aliases_take_no_time(tmp_path):
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)), "clip_actions: 3"]
    assert read(tmp_path, "agent.yaml", "\n".join(lines)).high == (3.0,)
