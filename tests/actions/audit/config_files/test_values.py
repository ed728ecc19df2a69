"""Sections, and finding things in them."""

import pytest

from tuner.actions.audit.config_files._answers import UnclearError
from tuner.actions.audit.config_files._values import Section, Unknown, at_path, find_keys, only_value, shown


def section(kind="", **values):
    made = Section(kind)
    for line, (name, value) in enumerate(values.items(), start=1):
        made.put(name, value, f"a.py:{line}")
    return made


def test_a_copy_without_settings_keeps_the_kind():
    made = Section("Cfg", partial=True)
    made.put("a", 1, "a.py:1")
    assert (made.empty_copy(), made.empty_copy().kind, made.empty_copy().partial) == ({}, "Cfg", True)


def test_keys_are_found_at_any_depth_with_their_places():
    root = section(clip=1, inner=section(clip=2), listed=[section(clip=3)])
    found = find_keys(root, ("clip",))
    assert [(entry.dotted, entry.value, entry.place) for entry in found] == [
        ("clip", 1, "a.py:1"),
        ("inner.clip", 2, "a.py:1"),
        ("listed.0.clip", 3, "a.py:1"),
    ]
    assert found[1].owner is root["inner"]


def test_what_is_there_twice_or_contains_itself_is_searched_once():
    root = section(clip=1)
    root["self"] = root
    root["again"] = [root, root]
    assert len(find_keys(root, ("clip",))) == 1


def test_paths():
    root = section(a=section(b=2))
    assert at_path(root, ("a", "b")) == 2
    assert at_path(root, ("a", "c")) is None
    assert at_path(root, ("a", "b", "c")) is None


def test_several_values_must_agree():
    same = find_keys(section(a=section(clip=1.0), b=section(clip=1)), ("clip",))
    assert only_value(same).dotted == "a.clip"
    with pytest.raises(UnclearError, match=r"in several ways: a.clip: 1 \(a.py:1\), b.clip: 2 \(a.py:1\)"):
        only_value(find_keys(section(a=section(clip=1), b=section(clip=2)), ("clip",)))


def test_values_are_shortened():
    assert shown(section(a=Unknown("f(x)"))) == "{'a': f(x)}"
    deep = [1]
    for _ in range(60):
        deep = [deep] * 9
    assert len(shown(deep)) <= 80
    assert shown("x" * 200).endswith("…") or len(shown("x" * 200)) == 80
