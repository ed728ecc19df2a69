"""The user's own files and modules that a task names, found from a folder."""

from pathlib import Path
from typing import Any

import pytest

from tuner.config import with_absolute_files
from tuner.config._own_files import own_module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mypkg").mkdir()
    (tmp_path / "mypkg" / "__init__.py").touch()
    (tmp_path / "single.py").touch()
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("mypkg", "{}/mypkg"),
        ("mypkg.envs", "{}/mypkg.envs"),
        ("./mypkg", "{}/mypkg"),
        ("./mypkg/__init__.py", "{}/mypkg"),
        ("mypkg/__init__.py", "{}/mypkg"),
        ("single", "{}/single"),
        ("single.py", "{}/single.py"),
        ("gone.py", "{}/gone.py"),
        ("data", "data"),  # has no Python files: no package
        ("gymnasium.wrappers", "gymnasium.wrappers"),
        ("", ""),
    ],
)
def test_a_module_is_found_in_the_folder(folder: Path, given: str, found: str) -> None:
    assert own_module(given, folder) == found.format(folder)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("mypkg.wrappers:Clip", "{}/mypkg.wrappers:Clip"),
        ("./single.py:Clip", "{}/single.py:Clip"),
        ("mypkg.wrappers.Clip", "{}/mypkg.wrappers.Clip"),
        ("gymnasium.wrappers:TimeLimit", "gymnasium.wrappers:TimeLimit"),
        (["single:A", {"single:B": {"x": 1}}], ["{}/single:A", {"{}/single:B": {"x": 1}}]),
        (3, 3),
    ],
)
def test_wrappers_are_found_in_the_folder(folder: Path, given: Any, found: Any) -> None:
    task = with_absolute_files({"simulator": "gymnasium", "options": {"env_wrapper": given}}, folder)
    assert str(task["options"]["env_wrapper"]) == str(found).replace("{}", str(folder))


def test_the_module_in_an_id_is_found_too(folder: Path) -> None:
    task = with_absolute_files({"id": "mypkg:MyEnv-v0", "simulator": "gymnasium"}, folder)
    assert task == {"id": "mypkg:MyEnv-v0", "simulator": "gymnasium", "options": {"import": f"{folder}/mypkg"}}


@pytest.mark.parametrize(
    "task",
    [
        {"id": "elsewhere:MyEnv-v0", "simulator": "gymnasium"},
        {"id": "mypkg:MyEnv-v0", "simulator": "mujoco"},
        {"id": "mypkg:MyEnv-v0", "simulator": "gymnasium", "options": {"import": "gymnasium_robotics"}},
        {"id": 3, "simulator": "gymnasium", "options": 4},
        {"id": None, "options": {"import": 5}},
    ],
)
def test_all_else_is_left_as_it_is(folder: Path, task: dict[str, Any]) -> None:
    assert with_absolute_files(task, folder) == task
