"""Where the password comes from."""

from pathlib import Path

import pytest

from tuner.dashboard import PASSWORD_VARIABLE, read_password
from tuner.errors import UserError


def test_none_is_asked_for_where_none_is_set():
    assert read_password(None, {}) is None


def test_a_file_comes_before_the_environment(tmp_path):
    file = tmp_path / "password"
    file.write_text("correct horse\nbattery staple\n")
    environment = {PASSWORD_VARIABLE: "from elsewhere"}
    assert read_password(file, environment) == "correct horse"
    assert read_password(None, environment) == "from elsewhere"


@pytest.mark.parametrize("content", [b"", b"\n", b"7 chars\n", b"\xff\xfe not text"])
def test_a_file_without_a_good_password(tmp_path, content):
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"needs at least 8|not a text file"):
        read_password(file, {})


def test_no_file(tmp_path):
    with pytest.raises(UserError, match=r"Cannot read the password file .*: No such file"):
        read_password(tmp_path / "none", {})
    with pytest.raises(UserError, match="there is no such home folder"):
        read_password(Path("~nosuchuser/password"), {})


def test_an_empty_variable_is_a_mistake_and_not_no_password():
    with pytest.raises(UserError, match=f"The password in {PASSWORD_VARIABLE} has 0 characters"):
        read_password(None, {PASSWORD_VARIABLE: ""})
