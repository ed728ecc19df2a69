"""Files that are not what they should be."""

import pytest

from tests.actions.audit.config_files.reading import read
from tuner.actions.audit.config_files import read_action_settings
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
        ("a.json", '{"a": 1}', "clips no actions"),
        ("a.toml", "clip_actions = 1", r"does not end in \.py or \.yaml"),
        ("a.yaml", "a: &a [*a]", "clips no actions"),
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
