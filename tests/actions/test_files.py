import os
from pathlib import Path

import pytest

from tuner.actions import check_output
from tuner.errors import UserError


def test_a_new_file_and_a_forced_one_may_be_written(tmp_path):
    there = tmp_path / "there.png"
    there.write_text("mine")
    check_output(tmp_path / "new.png", force=False)
    check_output(there, force=True)
    with pytest.raises(UserError, match=r"there.png exists already\. Name another file, or give --force"):
        check_output(there, force=False)
    assert there.read_text() == "mine"


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_file_is_never_replaced(tmp_path, force):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(UserError, match="is a device or the like, which is not replaced"):
            check_output(path, force=force)
    with pytest.raises(UserError, match=r"is a folder\. Name a file in it\.$"):
        check_output(tmp_path, force=force)
