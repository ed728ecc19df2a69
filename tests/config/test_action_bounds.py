"""The bounds file: what it can say, what is refused, and how a study takes it."""

from pathlib import Path
from typing import Any

import pytest

from tuner.config import (
    ActionBoundsFile,
    ActionBox,
    BoundsOrigin,
    BoundsTask,
    PercentileBox,
    dump_bounds,
    dump_study,
    load_bounds,
    load_study,
)
from tuner.errors import UserError

BOUNDS = ActionBoundsFile(
    task=BoundsTask(id="Cartpole"),
    source="percentiles",
    percentiles=(2.5, 97.5),
    low=(-1.5,),
    high=(2.25,),
    percentile_boxes=(
        PercentileBox(percentiles=(0.5, 99.5), low=(-2.0,), high=(3.0,)),
        PercentileBox(percentiles=(10.0, 90.0), low=(-0.5,), high=(1.0,)),
    ),
    joint_limits=ActionBox(low=(-4.0,), high=(4.0,)),
    origin=BoundsOrigin(policy="runs/x/trial-0000", algorithm="ppo", deterministic=False, samples=12),
)
STUDY = """
study: tiny
task: {id: Cartpole}
search_space: sac_speed
objective: {target: 4.5}
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def refusal(path: Path, text: str) -> str:
    with pytest.raises(UserError) as caught:
        load_bounds(write(path, text))
    return str(caught.value)


def test_a_file_reads_back_as_the_same_bounds(tmp_path: Path) -> None:
    text = dump_bounds(BOUNDS)
    assert load_bounds(write(tmp_path / "bounds.yaml", text)) == BOUNDS
    assert "\nlow: [-1.5]\nhigh: [2.25]\n" in text  # one line each, for people
    assert text.startswith("schema: 1\n")


def test_a_file_written_by_hand_needs_little(tmp_path: Path) -> None:
    path = write(tmp_path / "b.yaml", "task: {id: T}\nsource: joint_limits\nlow: [-1, -2]\nhigh: [1, 2]\n")
    bounds = load_bounds(path)
    assert bounds.box == ActionBox(low=(-1.0, -2.0), high=(1.0, 2.0))
    assert bounds.joint_limit_box == bounds.box
    assert bounds.boxes_by_percentiles == {}


def test_boxes_include_the_files_own_and_the_narrowest_comes_first() -> None:
    boxes = BOUNDS.boxes_by_percentiles
    assert list(boxes) == [(10.0, 90.0), (2.5, 97.5), (0.5, 99.5)]
    assert boxes[(2.5, 97.5)] == ActionBox(low=(-1.5,), high=(2.25,))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "holds nothing, not keys and values. Write one with: tuner bounds"),
        ("just text", "holds a str"),
        ("[1, 2", "is not valid YAML"),
        ("task: {id: T}\nsource: joint_limits\nlow: [1]\nhigh: [1]", "dimension 0 has low 1.0 which is not below"),
        ("task: {id: T}\nsource: joint_limits\nlow: [1]\nhigh: [2, 3]", "low has 1 dimensions but high has 2"),
        ("task: {id: T}\nsource: joint_limits\nlow: [-.inf]\nhigh: [2]", "low.0: needs a finite number"),
        ("task: {id: T}\nsource: joint_limit\nlow: [1]\nhigh: [2]", "Did you mean 'joint_limits'?"),
        ("task: {id: T}\nsource: percentiles\nlow: [1]\nhigh: [2]", "the key percentiles is missing"),
        ("task: {id: T}\nsource: fraction\nlow: [1]\nhigh: [2]", "the key fraction is missing"),
        (
            "task: {id: T}\nsource: percentiles\npercentiles: [97.5, 2.5]\nlow: [1]\nhigh: [2]",
            "The percentiles are 97.5 and 2.5, but must be two numbers from 0 to 100, the lower one first",
        ),
        (
            "task: {id: T}\nsource: joint_limits\nlow: [1]\nhigh: [2]\njoint_limits: {low: [1, 1], high: [2, 2]}",
            "low and high have 1 dimensions, but another box has 2",
        ),
        ("schema: 2\ntask: {id: T}\nsource: joint_limits\nlow: [1]\nhigh: [2]", "schema: needs 1"),
    ],
)
def test_other_files_are_not_bounds_files(tmp_path: Path, text: str, problem: str) -> None:
    assert problem in refusal(tmp_path / "b.yaml", text)


def test_a_file_that_is_missing_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Cannot read the bounds file .*gone\.yaml: No such file"):
        load_bounds(tmp_path / "gone.yaml")
    with pytest.raises(UserError, match="there is no such home folder"):
        load_bounds("~nosuchuser/bounds.yaml")
    (tmp_path / "b.npz").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(UserError, match="is not a bounds file: it is not a text file"):
        load_bounds(tmp_path / "b.npz")


# In a study


def test_the_path_in_a_study_starts_at_the_study_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "bounds.yaml", dump_bounds(BOUNDS))
    study = write(tmp_path / "study.yaml", f"{STUDY}action_bounds: bounds.yaml\n")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load_study(study).action_bounds == BOUNDS
    with pytest.raises(UserError, match=r"elsewhere/bounds\.yaml: No such file"):
        load_study(study, ["action_bounds=bounds.yaml"])
    assert load_study(study, ["action_bounds=../bounds.yaml"]).action_bounds == BOUNDS
    assert load_study(study, ["action_bounds=null"]).action_bounds is None


def test_a_study_holds_the_bounds_themselves(tmp_path: Path) -> None:
    write(tmp_path / "bounds.yaml", dump_bounds(BOUNDS))
    config = load_study(write(tmp_path / "study.yaml", f"{STUDY}action_bounds: bounds.yaml\n"))
    (tmp_path / "bounds.yaml").unlink()
    assert load_study(write(tmp_path / "copy.yaml", dump_study(config))) == config


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("action_bounds: 3", "action_bounds is 3, but needs the path of a bounds file"),
        ("action_bounds: [bounds.yaml]", "needs the path of a bounds file"),
        ("action_bounds: .", "Cannot read the bounds file"),
    ],
)
def test_a_study_without_a_path_is_refused(tmp_path: Path, key: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        load_study(write(tmp_path / "study.yaml", f"{STUDY}{key}\n"))


@pytest.mark.parametrize("task", [{"id": "Velocity-Flat-A1"}, {"id": "Cartpole", "simulator": "gymnasium"}])
def test_bounds_of_another_task_are_refused(tmp_path: Path, task: dict[str, Any]) -> None:
    write(tmp_path / "bounds.yaml", dump_bounds(BOUNDS))
    study = write(tmp_path / "study.yaml", f"{STUDY}action_bounds: bounds.yaml\n")
    overrides = [f"task.{key}={value}" for key, value in task.items()]
    with pytest.raises(UserError, match=r"were found on Cartpole \(simulator mujoco\), but the task is "):
        load_study(study, overrides)


def test_a_users_own_simulator_may_have_moved() -> None:
    bounds = BOUNDS.model_copy(update={"task": BoundsTask(id="Reach", simulator="sims/reach.py:Reach")})
    assert bounds.mismatch("Reach", "/home/me/project/sims/reach.py:Reach") is None
    assert bounds.mismatch("Reach", "/home/me/project/sims/reach.py:Other") is not None


@pytest.mark.parametrize(
    ("made_for", "task", "fits"),
    [
        ("pkg:MyEnv-v0", "MyEnv-v0", True),
        ("MyEnv-v0", "pkg:MyEnv-v0", True),
        ("pkg:MyEnv-v0", "moved.pkg:MyEnv-v0", True),
        ("pkg:MyEnv-v0", "MyEnv-v1", False),
        ("pkg:MyEnv-v0", "pkg:Other-v0", False),
        ("mine/MyEnv-v0", "MyEnv-v0", False),
    ],
)
def test_the_module_that_registers_a_task_is_not_part_of_it(made_for: str, task: str, fits: bool) -> None:
    bounds = BOUNDS.model_copy(update={"task": BoundsTask(id=made_for, simulator="gymnasium")})
    assert (bounds.mismatch(task, "gymnasium") is None) == fits
