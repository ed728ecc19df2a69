"""Files that are not what they should be."""

import pytest

from tests.actions.config_files.reading import read
from tuner.actions.config_files import read_action_settings
from tuner.errors import UserError


def test_a_file_without_any_clipping_says_what_was_found(tmp_path):
    with pytest.raises(UserError) as caught:
        read(tmp_path, "study.yaml", "study: mine\ntask: {id: Cartpole}")
    assert "clips no actions. Looked for action_clip_value, clip_actions" in str(caught.value)
    assert "at its top it has study, task" in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.yaml", "", "holds a NoneType, not keys and values"),
        ("a.yaml", "- 1", "holds a list"),
        ("a.yaml", "a: [1", "not valid YAML: while parsing a flow sequence"),
        ("a.yaml", "a: !!bool maybe", "not valid YAML: 'maybe' cannot be read as !!bool"),
        ("a.yaml", "a: !!int ''", "not valid YAML: '' cannot be read as !!int"),
        ("a.yaml", "a: !!timestamp x", "not valid YAML: 'x' cannot be read as !!timestamp"),
        ("a.yaml", "a: !!map [x]", "not valid YAML: a list cannot be read as !!map"),
        ("a.json", '{"a": 1}', "clips no actions"),
        ("a.toml", "clip_actions = 1", "neither Python nor YAML by its name"),
        ("a.yaml", "a: &a [*a]", "clips no actions"),
        ("a.yaml", "a: " + "[" * 3000, "not valid YAML"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, text, message):
    with pytest.raises(UserError, match=message):
        read(tmp_path, name, text)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(UserError, match=r"Cannot read .*none.yaml': No such file or directory"):
        read_action_settings(str(tmp_path / "none.yaml"))
    for reference in ("~nosuchuser/a.yaml", "~nosuchuser/a.py:Class"):
        with pytest.raises(UserError, match="there is no such home folder"):
            read_action_settings(reference)
    (tmp_path / "binary.yaml").write_bytes(b"a: \xff\xfe")
    with pytest.raises(UserError, match="not a text file in UTF-8: byte 3 is 0xff"):
        read_action_settings(str(tmp_path / "binary.yaml"))


def test_nothing_that_a_tag_names_is_run(tmp_path):
    mark = tmp_path / "was_run"
    text = f"clip_actions: 3\nx: !!python/object/apply:os.system ['touch {mark}']\ny: !!python/name:os.remove ''"
    assert read(tmp_path, "agent.yaml", text).high == (3.0,)
    assert not mark.exists()


def test_many_aliases_take_no_time(tmp_path):
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)), "clip_actions: 3"]
    assert read(tmp_path, "agent.yaml", "\n".join(lines)).high == (3.0,)
