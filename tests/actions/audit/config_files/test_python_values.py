"""Copies of values, values under a condition, and the limit of steps."""

import pytest

from tests.actions.audit.config_files.reading import settings
from tuner.actions.audit.config_files._python_values import Class, Steps, copied, doubted
from tuner.actions.audit.config_files._values import Section, TooLongError, Unknown


def test_a_copy_shares_nothing_and_keeps_what_is_there_twice():
    inner = Section("Inner")
    inner.put("clip", [1.0], "a.py:1")
    outer = Section()
    outer.put("first", inner, "a.py:2")
    outer.put("second", inner, "a.py:3")
    other = copied(outer, lambda: None)
    other["first"]["clip"][0] = 2.0
    assert inner["clip"] == [1.0]
    assert other["second"]["clip"] == [2.0]
    assert other["first"].places == {"clip": "a.py:1"}
    assert other["first"].kind == "Inner"


def test_a_value_under_a_condition_is_unknown_and_says_when_it_holds():
    section = Section()
    section.put("clip", 5.0, "a.py:1")
    found = doubted(section, "only if fast", lambda: None)
    assert found["clip"] == Unknown("5.0 (only if fast)")
    assert found.places == section.places


def test_classes_find_methods_in_their_bases(tmp_path):
    text = "class A:\n    def set(self): pass\nclass B(A):\n    def own(self): pass\nclass C(B):\n    clip = 1\n"
    found = settings(tmp_path, text, "C")
    assert isinstance(found, Class)
    assert found.method("set") is found.inherited_method("set")
    assert found.method("own").name == "own"
    assert found.method("none") is None
    assert [base.kind for base in found.ancestors()] == ["B", "A"]


def test_steps_are_counted():
    step = Steps(2)
    step()
    step()
    with pytest.raises(TooLongError):
        step()
