"""A study is found by its file, its bundled name, or the name that it has in the storage."""

import pytest

from tests.cli.training import TOY
from tuner.cli.stored_studies import check_file_unchanged, find_stored, open_stored, study_file
from tuner.config import DEFAULT_STORAGE
from tuner.errors import UserError


@pytest.fixture
def file(stored, tmp_path):
    """Return the path of a study file that says what `stored` was run with."""
    config, _, _ = stored
    path = tmp_path / "toy.yaml"
    path.write_text(TOY.format(storage=config.storage, target=10, robots=4))
    return path


def test_a_study_is_found_by_the_name_that_it_has_in_the_storage(stored):
    config, _, _ = stored
    assert find_stored("toy", config.storage) == ("toy", config.storage)
    assert open_stored("toy", config.storage).study_name == "toy"


def test_a_study_is_found_by_its_file_in_the_files_storage(stored, file):
    config, _, _ = stored
    assert find_stored(str(file), None) == ("toy", config.storage)
    assert len(open_stored(str(file), None).trials) == 2


def test_a_file_whose_study_was_never_run_says_how_to_run_it(stored, file):
    file.write_text(file.read_text().replace("study: toy", "study: other"))
    message = f"The study 'other' of {file} has not been run yet. Run it with: tuner run {file}"
    with pytest.raises(UserError) as refused:
        find_stored(str(file), None)
    assert str(refused.value) == message


def test_an_unknown_study_is_answered_with_the_nearest(stored):
    config, _, _ = stored
    with pytest.raises(UserError) as refused:
        find_stored("toyy", config.storage)
    assert str(refused.value) == "Unknown study 'toyy'. Did you mean 'toy'? Known: toy."


def test_a_bundled_study_is_looked_for_where_it_keeps_its_trials(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="There is no storage"):
        find_stored("a1_flat", None)
    assert list(tmp_path.iterdir()) == [], "looking for a study makes no storage"
    assert DEFAULT_STORAGE == "sqlite:///runs/tuner.db"


def test_a_folder_or_a_file_without_suffix_is_no_study(stored, tmp_path, monkeypatch):
    config, _, _ = stored
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.yaml").touch()
    (tmp_path / "plain").touch()
    with pytest.raises(UserError, match=r"\./inside is a folder, not a study file\. Studies in it: a\.yaml\."):
        find_stored("./inside", config.storage)
    with pytest.raises(UserError, match=r"known: toy\. If the file or folder of that name is meant"):
        find_stored("plain", config.storage)


@pytest.mark.parametrize(("study", "name"), [("a1_flat", "a1-flat"), ("{file}", "toy"), ("toy", None)])
def test_only_a_path_or_a_bundled_name_is_a_study_file(file, study, name):
    found = study_file(study.format(file=file))
    assert (found and found.study) == name


def test_a_file_as_it_was_run_is_the_study(stored, file):
    config, _, study = stored
    check_file_unchanged(str(file), study, config.storage)


def test_a_file_that_says_something_else_by_now_is_refused_with_the_difference(stored, file):
    config, _, study = stored
    file.write_text(TOY.format(storage=config.storage, target=3, robots=32))
    with pytest.raises(UserError) as refused:
        check_file_unchanged(str(file), study, config.storage)
    first, *changed, remedy = str(refused.value).splitlines()
    assert first == f"{file} is not what its study 'toy' was run with:"
    assert changed == ["  objective.target: 10.0 before, 3.0 now", "  task.num_envs: 4 before, 32 now"]
    assert f"give its name instead of the file: toy --storage {config.storage}." in remedy


def test_names_and_bundled_studies_are_not_compared(stored):
    config, _, study = stored
    check_file_unchanged("toy", study, config.storage)
    check_file_unchanged("quickstart", study, config.storage)
