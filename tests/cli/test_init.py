import pytest

from tuner.cli._init import copy_bundled
from tuner.errors import UserError
from tuner.resources import bundled_dir


def bundled_names():
    return sorted(
        f"{name}/{file.relative_to(bundled_dir(name))}"
        for name in ("search_spaces", "studies")
        for file in bundled_dir(name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    )


def test_everything_bundled_is_copied(tmp_path):
    copies = copy_bundled(tmp_path / "new", force=False)
    assert [str(copy.relative_to(tmp_path / "new")) for copy in copies] == bundled_names()
    copy = tmp_path / "new" / "studies" / "quickstart.yaml"
    assert copy.read_bytes() == (bundled_dir("studies") / "quickstart.yaml").read_bytes()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["search_spaces", "studies"]


def test_what_exists_is_not_overwritten(tmp_path):
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "quickstart.yaml").write_text("mine")
    with pytest.raises(UserError, match=r"studies exists already.*--force"):
        copy_bundled(tmp_path, force=False)
    assert (tmp_path / "studies" / "quickstart.yaml").read_text() == "mine"
    assert not (tmp_path / "search_spaces").exists(), "nothing is copied when something is in the way"


def test_force_overwrites_the_bundled_files_and_keeps_the_users_own(tmp_path):
    copy_bundled(tmp_path, force=False)
    (tmp_path / "studies" / "quickstart.yaml").write_text("changed")
    (tmp_path / "studies" / "own.yaml").write_text("mine")
    copy_bundled(tmp_path, force=True)
    assert "study:" in (tmp_path / "studies" / "quickstart.yaml").read_text()
    assert (tmp_path / "studies" / "own.yaml").read_text() == "mine"


def test_a_file_in_the_way_is_the_users_mistake(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(UserError, match="Cannot write to"):
        copy_bundled(tmp_path / "taken", force=False)
