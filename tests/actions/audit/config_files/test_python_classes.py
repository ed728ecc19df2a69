"""Classes of Python files and what they inherit, read without running anything."""

import pytest

from tests.actions.audit.config_files.reading import read
from tuner.actions.audit.config_files import read_action_settings
from tuner.actions.audit.config_files._python_classes import read_classes
from tuner.errors import UserError


def test_a_class_has_what_it_says_and_what_it_inherits(tmp_path):
    file = tmp_path / "cfg.py"
    file.write_text(
        "class Base:\n    a = 1\n    b = 2\nclass Other(Elsewhere):\n    b = 3\n"
        "class Mine(Base, Other):\n    c: int = 4\n    class inner:\n        a = 5\n"
    )
    base, other, mine = read_classes(file)
    assert (base.name, other.name, mine.name) == ("Base", "Other", "Mine")
    assert {name: mine.attributes[name] for name in "abc"} == {"a": 1, "b": 2, "c": 4}  # Base comes before Other
    assert mine.ancestors == {"Base", "Other"}
    assert mine.missing == ("Elsewhere",)
    assert mine.find(("a",)) == [("Mine.a", 1), ("Mine.inner.a", 5)]


def test_statements_behind_a_guard_count(tmp_path):
    file = tmp_path / "cfg.py"
    file.write_text(
        "try:\n    class A:\n        x = 1\nexcept ImportError:\n    pass\nif True:\n    class B(A):\n        pass\n"
    )
    assert [(found.name, found.attributes) for found in read_classes(file)] == [("A", {"x": 1}), ("B", {"x": 1})]


def test_a_class_written_twice_is_the_last_one(tmp_path):
    file = tmp_path / "cfg.py"
    file.write_text("class A:\n    x = 1\nclass A:\n    y = 2\n")
    (found,) = read_classes(file)
    assert found.attributes == {"y": 2}


def test_a_relative_import_and_a_star(tmp_path):
    read(tmp_path, "envs/base.py", "class Base:\n    class env:\n        num_actions = 12\n    clip_actions = 100.")
    text = "from .base import *\nclass Mine(Base):\n    class env(Base.env):\n        num_actions = 3"
    assert read(tmp_path, "envs/mine.py", text).low == (-100.0,) * 3


def test_nothing_is_run(tmp_path):
    mark = tmp_path / "was_run"
    text = f"""
        open({str(mark)!r}, "w")
        class Cfg:
            open({str(mark)!r}, "w")
            clip_actions = 2.0 or open({str(mark)!r}, "w")
            action_scale = __import__("os").system("touch {mark}")
            class normalization:
                clip_actions = 5.0
    """
    with pytest.raises(UserError, match=r"clips actions twice, Cfg.clip_actions = 2.0 or open"):
        read(tmp_path, "cfg.py", text)
    assert not mark.exists()


def test_a_class_replaced_without_its_base_loses_what_it_had(tmp_path):
    text = "class Base:\n  class norm:\n    clip_actions = 100.\nclass Mine(Base):\n  class norm:\n    clip_obs = 1."
    read(tmp_path, "cfg.py", text)
    with pytest.raises(UserError, match="No clip_actions in Mine"):
        read_action_settings(f"{tmp_path / 'cfg.py'}:Mine")


def test_files_that_import_each_other(tmp_path):
    read(tmp_path, "a.py", "from b import B\nclass A:\n    clip_actions = 3.")
    assert read(tmp_path, "b.py", "from a import A\nclass B(A):\n    num_actions = 2").low == (-3.0, -3.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class Cfg(:", "line 1 is not valid Python"),
        ("x = 1", "It defines no classes"),
        ("x = " + "(" * 5000, "is not valid Python|nested too deeply"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, "cfg.py", text)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(UserError, match=r"Cannot read the configuration file .*none.py': No such file"):
        read_action_settings(str(tmp_path / "none.py"))
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(UserError, match="Is a directory"):
        read_action_settings(str(tmp_path / "folder.py"))
