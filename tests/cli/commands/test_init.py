from pathlib import Path

import pytest

from tuner.cli.commands.init import adapt, copy_bundled
from tuner.config import bundled_studies, load_study
from tuner.errors import UserError
from tuner.resources import bundled_dir
from tuner.spaces import load_space


def bundled_names():
    return sorted(
        f"{name}/{file.relative_to(bundled_dir(name))}"
        for name in ("search_spaces", "studies")
        for file in bundled_dir(name).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    )


def test_everything_bundled_is_copied(tmp_path):
    copies = copy_bundled(tmp_path / "new", force=False)
    assert sorted(str(copy.relative_to(tmp_path / "new")) for copy in copies) == bundled_names()
    for space in bundled_dir("search_spaces").glob("*.py"):
        assert (tmp_path / "new" / "search_spaces" / space.name).read_bytes() == space.read_bytes()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["search_spaces", "studies"]


@pytest.mark.parametrize("name", sorted(bundled_studies()))
def test_copied_studies_use_the_copied_spaces_under_names_of_their_own(tmp_path, name):
    copy_bundled(tmp_path / "my robot", force=False)
    original, copy = load_study(name), load_study(tmp_path / "my robot" / "studies" / f"{name}.yaml")
    file, _, function = copy.search_space.rpartition(":")
    assert (tmp_path / "my robot" / "search_spaces").samefile(Path(file).parent)
    assert function == original.search_space
    assert load_space(copy.search_space).warm_starts.keys() == load_space(original.search_space).warm_starts.keys()
    assert copy.study == f"{original.study}-my-robot"
    same = {"study": original.study, "search_space": original.search_space}
    assert copy.model_copy(update=same) == original, "nothing else is changed"


def test_comments_and_unknown_spaces_are_left_alone():
    text = "# search_space: sac\nstudy: a  # first\nsearch_space: sac # why\n"
    assert adapt(text, {"sac": "s.py"}, "m") == (
        "# search_space: sac\nstudy: a-m  # first\nsearch_space: ../search_spaces/s.py:sac # why\n"
    )
    assert adapt("search_space: ./own.py:f\n", {"sac": "s.py"}, "m") == "search_space: ./own.py:f\n"


def test_what_exists_is_not_overwritten(tmp_path):
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "quickstart.yaml").write_text("mine")
    with pytest.raises(UserError, match=r"studies exists already.*--force"):
        copy_bundled(tmp_path, force=False)
    assert (tmp_path / "studies" / "quickstart.yaml").read_text() == "mine"
    assert not (tmp_path / "search_spaces").exists(), "nothing is copied when something is in the way"
    (tmp_path / "search_spaces").mkdir()
    with pytest.raises(UserError, match=r"search_spaces and .*studies exist already"):
        copy_bundled(tmp_path, force=False)


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
