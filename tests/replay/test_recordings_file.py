import json
from pathlib import Path

import pytest

from tests.replay.recorded import DISTRIBUTIONS, FACTS, run, study
from tuner.config import WorkersConfig
from tuner.errors import UserError
from tuner.replay import RecordingsFile, read_recordings


def opened(path: Path, **changes) -> RecordingsFile:
    return RecordingsFile(path, study(), {**FACTS, **changes}, DISTRIBUTIONS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "curves.jsonl"


def test_what_was_appended_is_read_back(path: Path):
    file = opened(path)
    file.append(run("a", [1.0]))
    file.append(run("b", [2.0]))
    recordings = read_recordings(path)
    assert [each.configuration for each in recordings.runs] == ["a", "b"]
    assert recordings.config == study()
    assert recordings.distributions == DISTRIBUTIONS
    assert recordings.fingerprint == FACTS


def test_a_file_is_gone_on_with_without_the_line_that_was_cut_off(path: Path):
    opened(path).append(run("a", [1.0]))
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])  # killed in the middle of the next line
    assert [each.configuration for each in read_recordings(path).runs] == ["a"]
    file = opened(path)
    assert [each.configuration for each in file.runs] == ["a"]
    file.append(run("b", [1.0]))
    assert [each.configuration for each in read_recordings(path).runs] == ["a", "b"]


def test_a_file_whose_first_line_was_cut_off_begins_anew(path: Path):
    opened(path)
    path.write_bytes(path.read_bytes()[:40])
    opened(path).append(run("a", [1.0]))
    assert len(read_recordings(path).runs) == 1


def test_curves_of_another_task_are_not_mixed_in(path: Path):
    opened(path)
    with pytest.raises(UserError, match=r"(?s)recorded for something else:.*task\.id.*Toy.*Other"):
        opened(path, **{"task.id": "Other"})


def test_a_change_of_the_search_space_does_not_matter_to_seconds(path: Path):
    opened(path, **{"search_space source": "1"})
    opened(path, **{"search_space source": "2"})


def test_curves_with_other_threads_are_not_mixed_in(path: Path):
    opened(path)
    config = study(workers=WorkersConfig(threads=2))
    with pytest.raises(UserError, match="with 1 threads each, and these would be with 2"):
        RecordingsFile(path, config, FACTS, DISTRIBUTIONS)


def changed(path: Path, line: int, **values) -> None:
    lines = path.read_text().splitlines()
    lines[line] = json.dumps({**json.loads(lines[line]), **values})
    path.write_text("\n".join(lines) + "\n")


def test_another_schema_is_refused(path: Path):
    opened(path)
    changed(path, 0, schema=2)
    with pytest.raises(UserError, match="recorded in schema 2, and this version reads 1"):
        read_recordings(path)


@pytest.mark.parametrize("content", ["", "no json\n", "[1]\n", '{"task": "Cartpole"}\n'])
def test_another_file_is_refused(tmp_path: Path, content: str):
    (tmp_path / "other.jsonl").write_text(content)
    with pytest.raises(UserError, match=r"other\.jsonl is not a file of recorded curves"):
        read_recordings(tmp_path / "other.jsonl")


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UserError, match=r"none\.jsonl cannot be read"):
        read_recordings(tmp_path / "none.jsonl")


def test_a_damaged_line_is_named(path: Path):
    opened(path).append(run("a", [1.0]))
    changed(path, 1, ticks={"index": [1], "clock_seconds": []})
    with pytest.raises(UserError, match=r"Line 2 of .*curves\.jsonl is not a recorded curve"):
        read_recordings(path)


@pytest.mark.parametrize("damage", [{"study": {"study": "toy"}}, {"study": []}, {"distributions": []}])
def test_a_damaged_header_is_named(path: Path, damage):
    opened(path)
    changed(path, 0, **damage)
    with pytest.raises(UserError, match=r"Line 1 of .*curves\.jsonl does not say what was recorded"):
        read_recordings(path)


def test_the_password_of_a_database_is_not_written(path: Path):
    config = study().model_copy(update={"storage": "postgresql://me:hunter2@host/db"})
    RecordingsFile(path, config, FACTS, DISTRIBUTIONS)
    assert "hunter2" not in path.read_text()
    assert read_recordings(path).config.storage == "postgresql://me:***@host/db"
