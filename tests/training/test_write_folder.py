import json
from pathlib import Path

import pytest

from tuner.training._write_folder import TrialFiles


def test_nothing_is_written_without_a_folder():
    files = TrialFiles(None)
    files.write_spec({"a": 1})
    files.append_tick({"index": 1})
    files.write_outcome({"kind": "reached"})
    assert files.warning is None


def test_writes_what_it_is_given(tmp_path):
    folder = tmp_path / "runs" / "trial-0001"
    files = TrialFiles(str(folder))
    files.write_spec({"number": 1})
    files.append_tick({"index": 1})
    files.append_tick({"index": 2})
    # Lines are written before the trial ends, for those who watch, or after a crash.
    assert [json.loads(line)["index"] for line in (folder / "curve.jsonl").read_text().splitlines()] == [1, 2]
    files.write_outcome({"kind": "reached"})
    assert json.loads((folder / "spec.json").read_text()) == {"number": 1}
    assert json.loads((folder / "outcome.json").read_text()) == {"kind": "reached"}
    assert files.warning is None
    assert sorted(path.name for path in folder.iterdir()) == ["curve.jsonl", "outcome.json", "spec.json"]


def test_a_retry_keeps_nothing_of_the_attempt_before(tmp_path):
    first = TrialFiles(str(tmp_path))
    first.append_tick({"index": 1})
    first.write_outcome({"kind": "crashed"})
    TrialFiles(str(tmp_path))
    assert (tmp_path / "curve.jsonl").read_text() == ""
    assert not (tmp_path / "outcome.json").exists()


def test_an_earlier_policy_goes_unless_the_trial_starts_from_it(tmp_path):
    run, link = tmp_path / "run", tmp_path / "link"
    run.mkdir()
    link.symlink_to(run)
    for name in ("policy.zip", "normalization.npz", "notes.txt"):
        (run / name).touch()
    TrialFiles(str(run), start_from=str(link))
    assert (run / "policy.zip").exists()
    assert (run / "normalization.npz").exists()
    TrialFiles(str(run), start_from=str(tmp_path / "elsewhere"))
    assert sorted(path.name for path in run.iterdir()) == ["curve.jsonl", "notes.txt"]


def test_a_folder_that_cannot_be_made_is_a_warning(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    files = TrialFiles(str(blocked / "trial-0001"))
    files.write_spec({})
    files.append_tick({"index": 1})
    files.write_outcome({})
    assert "the trial's folder could not be written" in files.warning
    assert str(blocked) in files.warning


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full is Linux's disk that is always full")
def test_a_full_disk_is_a_warning(tmp_path):
    (tmp_path / "curve.jsonl").symlink_to("/dev/full")
    files = TrialFiles(str(tmp_path))
    files.append_tick({"index": 1})
    files.append_tick({"index": 2})
    files.write_outcome({"kind": "exhausted"})
    assert "curve.jsonl could not be written" in files.warning
    assert "No space left" in files.warning
    assert json.loads((tmp_path / "outcome.json").read_text()) == {"kind": "exhausted"}
