"""A recording is read back as it was written, and nothing else is taken for one."""

import json
from dataclasses import fields

import numpy as np
import pytest

from tests.actions.recordings import JOINTS, column, make_recording
from tuner.actions import load_recording
from tuner.errors import UserError

ROWS = [[0.5, -1.0], [1.5, 2.0], [-2.5, 0.0], [3.5, 1.0]]


@pytest.mark.parametrize("joints", [None, JOINTS])
def test_a_recording_reads_back_as_it_was(tmp_path, joints):
    recording = make_recording(ROWS, joints=joints)
    recording.save(tmp_path / "a.npz")
    found = load_recording(tmp_path / "a.npz")
    for field in fields(recording):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(recording, field.name), err_msg=field.name)
    assert found.raw.dtype == np.float32
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_the_file_has_the_agreed_keys(tmp_path):
    make_recording(ROWS).save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        assert set(archive.files) == {
            *("schema", "task", "policy", "algorithm", "squashed", "deterministic", "joints"),
            *("agent_low", "agent_high", "task_low", "task_high", "raw", "mean", "commanded"),
        }
        assert archive["schema"] == 1
        assert archive["commanded"].shape == (2, 2, 2)
        assert str(archive["joints"]) == ""


def test_samples_are_all_steps_of_all_robots():
    recording = make_recording(ROWS)
    np.testing.assert_array_equal(recording.samples, ROWS)
    assert recording.dimension_names == ("0", "1")
    assert make_recording(ROWS, joints=JOINTS).dimension_names == ("hip", "knee")


def test_what_another_version_knows_of_joints_is_left_out(tmp_path):
    make_recording(ROWS, joints=JOINTS).save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        content = {name: archive[name] for name in archive.files}
    content["joints"] = json.dumps(json.loads(str(content["joints"])) | {"stiffness": [1.0, 2.0]})
    np.savez(tmp_path / "b.npz", **content)
    assert load_recording(tmp_path / "b.npz").joints == JOINTS


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"schema": 2}, "its schema is 2, and this program reads 1"),
        ({"raw": None}, "it has no raw"),
        ({"mean": np.zeros((2, 3, 2), np.float32)}, r"mean has the shape \(2, 3, 2\), not \(2, 2, 2\)"),
        ({"raw": np.zeros((2, 2), np.float32)}, "not \\(steps, robots, dimensions\\)"),
        ({"agent_low": column([-1.0])}, r"agent_low has the shape \(1,\), not \(2,\)"),
        ({"agent_low": column([-1.0, 100.0])}, "agent_low is not below agent_high"),
        ({"commanded": np.full((2, 2, 2), np.nan, np.float32)}, "commanded is not finite"),
        ({"commanded": np.zeros((2, 2, 2), np.int64)}, "commanded holds int64, not real numbers"),
        ({"task": "{}"}, "its task or its joints cannot be read"),
        ({"task": "nonsense"}, "its task or its joints cannot be read"),
        ({"joints": '{"names": ["hip"]}'}, "its task or its joints cannot be read"),
        ({"joints": '["hip", "knee"]'}, "the joints are a list, not keys and values"),
        ({"joints": "[" * 100_000}, "its task or its joints cannot be read"),
        ({"squashed": np.array([True, False])}, "squashed is not a single True or False"),
        ({"deterministic": 2}, "deterministic is not a single True or False"),
        ({"policy": "half-trained"}, "its policy is 'half-trained'"),
    ],
)
def test_a_file_with_something_wrong_is_refused(tmp_path, changes, problem):
    make_recording(ROWS).save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as archive:
        content = {name: archive[name] for name in archive.files} | changes
    np.savez(tmp_path / "b.npz", **{name: value for name, value in content.items() if value is not None})
    with pytest.raises(UserError, match=f"b.npz is not a recording of actions: .*{problem}"):
        load_recording(tmp_path / "b.npz")


def test_files_of_other_kinds_are_refused(tmp_path):
    (tmp_path / "text.npz").write_text("not an archive")
    np.save(tmp_path / "single.npy", np.zeros(3))
    np.savez(tmp_path / "objects.npz", schema=np.array([{"a": 1}], dtype=object))
    (tmp_path / "empty.npz").touch()
    for name in ("text.npz", "single.npy", "objects.npz", "empty.npz"):
        with pytest.raises(UserError, match=f"{name} is not a recording of actions"):
            load_recording(tmp_path / name)
    with pytest.raises(UserError, match="There is no recording"):
        load_recording(tmp_path / "gone.npz")
    with pytest.raises(UserError, match="is a folder, not a recording"):
        load_recording(tmp_path)
