"""The user's own files and modules that a task names, found from a folder."""

from pathlib import Path
from typing import Any

import pytest

from tuner.config import TaskConfig, moved, own_folders, with_absolute_files
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


def test_folders_of_a_task_and_the_task_moved() -> None:
    options = {
        "import": "/home/me/robots/mypkg.envs",
        "env_wrapper": [
            "gymnasium.wrappers:FlattenObservation",
            {"/home/me/wrappers.py:Scale": {"path": "/home/me/robots/scale.csv"}},
        ],
        "env_kwargs": {"model": "/home/me/robots/arm.xml"},
    }
    task = TaskConfig(id="Arm-v0", simulator="/home/me/robots/sim.py:Sim", python="/opt/python", options=options)
    assert own_folders(task) == ["/home/me", "/home/me/robots"]
    there = moved(task, {"/home/me": "/tmp/0", "/home/me/robots": "/tmp/1"})
    assert there.simulator == "/tmp/1/sim.py:Sim"
    assert there.python == "/opt/python"
    assert there.options == {
        "import": "/tmp/1/mypkg.envs",
        "env_wrapper": [
            "gymnasium.wrappers:FlattenObservation",
            {"/tmp/0/wrappers.py:Scale": {"path": "/home/me/robots/scale.csv"}},  # an argument is left as it is
        ],
        "env_kwargs": {"model": "/home/me/robots/arm.xml"},
    }


def test_a_bundled_task_has_no_folders() -> None:
    task = TaskConfig(id="Velocity-Flat-A1", options={"import": "mypkg"})
    assert own_folders(task) == []
    assert moved(task, {}) == task
