"""Anybody's YAML as plain values, with Hydra's defaults and references."""

import re

import pytest
import yaml

from tests.actions.audit.config_files.reading import box, unclear, write
from tuner.actions.audit.config_files._values import Section, Unknown
from tuner.actions.audit.config_files._yaml_files import load_yaml, missing_defaults, resolved


def load(folder, text, name="test.yaml"):
    file = write(folder, name, text)
    return load_yaml(file, name)


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
def test_values_are_what_the_tags_are_put_on(tmp_path, text, values):
    assert load(tmp_path, text) == values


def test_places_are_files_and_lines(tmp_path):
    found = load(tmp_path, "a: 1\nb:\n  c: 2\n")
    assert found.places == {"a": "test.yaml:1", "b": "test.yaml:2"}
    assert found["b"].places == {"c": "test.yaml:3"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "expected ',' or ']'"),
        ("a: !!bool maybe", "'maybe' cannot be read as !!bool"),
        ("a: !!int ''", "'' cannot be read as !!int"),
        ("a: !!timestamp x", "'x' cannot be read as !!timestamp"),
        ("a: !!map [x]", "a list cannot be read as !!map"),
    ],
)
def test_texts_that_are_no_yaml(tmp_path, text, message):
    with pytest.raises(yaml.YAMLError, match=re.escape(message)):
        load(tmp_path, text)


def test_texts_that_are_no_keys_and_values(tmp_path):
    with pytest.raises(TypeError, match="list"):
        load(tmp_path, "- 1")


def test_references_are_followed_from_the_top(tmp_path):
    data = load(tmp_path, "a: {b: '${c}'}\nc: '${d.e}'\nd: {e: 7}\nself: '${self}'")
    assert resolved(data, "${a.b}") == 7
    assert resolved(data, "${nowhere}") == Unknown("${nowhere}")
    assert resolved(data, "${self}") == Unknown("${self}")
    assert resolved(data, "no ${d.e} at all") == "no ${d.e} at all"


@pytest.mark.parametrize(
    ("child", "high"),
    [
        ("defaults: [parent, _self_]\nenv: {clipActions: 2.0}", 2.0),
        ("defaults: [_self_, parent]\nenv: {clipActions: 2.0}", 1.0),
        ("defaults: [parent]\nenv: {clipActions: 2.0}", 2.0),  # a file without _self_ comes last
        ("defaults: [parent, _self_]\nenv: {numEnvs: 64}", 1.0),
        ("defaults: ['parent.yaml', _self_]", 1.0),
        ("defaults:\n  - robot: dog\n  - _self_", 3.0),
        ("defaults:\n  - /robot/dog@robot\n", 3.0),
        ("defaults:\n  - override robot: dog\n", 3.0),
        ("defaults:\n  - robot/global\n", 4.0),
    ],
)
def test_defaults_are_read_from_beside_the_file(tmp_path, child, high):
    write(tmp_path, "parent.yaml", "env: {numActions: 2, clipActions: 1.0}")
    write(tmp_path, "robot/dog.yaml", "numActions: 2\nclipActions: 3.0")
    write(tmp_path, "robot/global.yaml", "# @package _global_\nenv: {numActions: 2, clipActions: 4.0}")
    assert box(tmp_path, "child.yaml", child).high == (high, high)


def test_the_line_is_that_of_the_file_that_set_the_value(tmp_path):
    parent = write(tmp_path, "parent.yaml", "env:\n  clipActions: 1.0")
    assert box(tmp_path, "child.yaml", "defaults: [parent]").line == f"{parent}:2"


def test_defaults_that_are_not_there(tmp_path):
    found = load(tmp_path, "defaults: [parent, {robot: '${name}'}, {optional task: null}]\na: 1")
    assert missing_defaults(found) == ["parent", "robot/${name}"]
    assert found.partial
    assert missing_defaults(Section()) == []


def test_defaults_that_name_each_other(tmp_path):
    write(tmp_path, "a.yaml", "defaults: [b]\nclip_actions: 1.0")
    assert box(tmp_path, "b.yaml", "defaults: [a]\nnum_actions: 2").high == (1.0, 1.0)


def test_nothing_that_a_tag_names_is_run(tmp_path):
    mark = tmp_path / "was_run"
    text = f"clip_actions: 3\nx: !!python/object/apply:os.system ['touch {mark}']\ny: !!python/name:os.remove ''"
    assert box(tmp_path, "agent.yaml", text).high == (3.0,)
    assert not mark.exists()


def test_many_aliases_take_no_time(tmp_path):
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)), "clip_actions: 3"]
    assert box(tmp_path, "agent.yaml", "\n".join(lines)).high == (3.0,)


def test_many_merges_are_refused(tmp_path):
    levels = [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 12)]
    text = "\n".join(["a0: &a0 {x: 1}", *levels, "clip_actions: 3"])
    assert "merges too many keys" in unclear(tmp_path, "bomb.yaml", text).reason
