"""Modules beside a user's file belong to its folder, whatever other modules have the same names."""

import inspect
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators import get_simulator, open_task
from tuner.user_code import load_file, load_object


@pytest.fixture(autouse=True)
def _no_plain_names(tmp_path: Path) -> Any:
    """See that nothing of the test's folder stays under a plain name, nor on Python's path."""
    path = list(sys.path)
    yield
    assert sys.path == path
    elsewhere = tmp_path / "plain.py"
    elsewhere.write_text("")
    load_file(elsewhere)
    found = {name for name, module in sys.modules.items() if str(tmp_path) in str(getattr(module, "__file__", None))}
    assert not [name for name in found if not name.startswith("_tuner_user_")]


def test_files_of_the_same_name_do_not_meet(write: Any) -> None:
    one, two = write("number = 1\n", "a/mine.py"), write("number = 2\n", "b/mine.py")
    assert (load_object(f"{one}:number"), load_object(f"{two}:number")) == (1, 2)
    assert "mine" not in sys.modules


def test_what_lies_beside_it_can_be_imported(write: Any) -> None:
    write("number = 7\n", "beside_mine_only.py")
    path = write("from beside_mine_only import number\n")
    assert load_object(f"{path}:number") == 7


def two_folders(write: Any, text: str, **files: str) -> tuple[Path, Path]:
    """Write two folders with the same files; NUMBER in them is 1 in the first, 2 in the second."""
    for folder, number in (("a", "1"), ("b", "2")):
        for name, content in files.items():
            write(content.replace("NUMBER", number), f"{folder}/{name.replace('__', '/')}.py")
    return write(text, "a/mine.py"), write(text, "b/mine.py")


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("from recipes import number\n", {"recipes": "number = NUMBER\n"}),
        ("import recipes\nnumber = recipes.number\n", {"recipes": "number = NUMBER\n"}),
        (
            "import recipes as r\nnumber = r.number\n",
            {"recipes": "from deeper import number\n", "deeper": "number = NUMBER"},
        ),
        ("from robots.walk import number\n", {"robots__init": "", "robots__walk": "number = NUMBER\n"}),
        ("import robots.walk\nnumber = robots.walk.number\n", {"robots__walk": "number = NUMBER\n"}),
        (
            "import robots.walk as w\nnumber = w.number\n",
            {"robots__walk": "from .legs import number", "robots__legs": "number = NUMBER"},
        ),
        (
            "from robots import walk\nnumber = walk.number\n",
            {"robots__walk": "from recipes import number", "recipes": "number = NUMBER"},
        ),
        ("from .recipes import number\n", {"recipes": "number = NUMBER\n"}),
        ("from recipes import *\n", {"recipes": "number = NUMBER\n"}),
        ("number = __import__('recipes').number\n", {"recipes": "number = NUMBER\n"}),
        ("import importlib\nnumber = importlib.import_module('recipes').number\n", {"recipes": "number = NUMBER\n"}),
        (
            "import importlib\nnumber = importlib.import_module('robots.walk').number\n",
            {"robots____init__": "", "robots__walk": "number = NUMBER\n"},
        ),
    ],
)
def test_two_folders_have_modules_of_the_same_name(write: Any, text: str, files: dict[str, str]) -> None:
    one, two = two_folders(write, text, **files)
    assert [load_object(f"{path}:number") for path in (one, two, one)] == [1, 2, 1]


def test_what_is_imported_later_comes_from_the_same_folder(write: Any) -> None:
    text = "class Late:\n    def number(self):\n        return (lambda: __import__('recipes').number)()\n"
    text += "def number():\n    from recipes import number\n    return number, Late().number()\n"
    one, two = (load_object(f"{path}:number") for path in two_folders(write, text, recipes="number = NUMBER\n"))
    assert (two(), one(), two()) == ((2, 2), (1, 1), (2, 2))


def test_files_of_one_folder_share_their_modules(write: Any) -> None:
    write("class Box: ...\n", "boxes.py")
    one, two = write("from boxes import Box\n"), write("import boxes\nimport mine\nBox = mine.Box\n", "other.py")
    assert load_object(f"{one}:Box") is load_object(f"{two}:Box")
    assert load_file(two).boxes.Box is load_object(f"{two}:Box")
    assert load_file(two).mine is load_file(one)


def test_an_edited_module_beside_a_file_is_imported_again(write: Any) -> None:
    write("number = 1\n", "recipes.py")
    path = write("from recipes import number\n")
    assert load_object(f"{path}:number") == 1
    before = load_file(path)
    write("number = 2\n", "recipes.py")
    assert load_object(f"{path}:number") == 2
    assert load_file(path) is not before
    assert load_file(path) is load_file(path)


@pytest.mark.parametrize("name", ["colorsys", "json", "yaml"])
def test_a_module_beside_the_file_goes_before_an_installed_one(write: Any, name: str) -> None:
    """As for a script, whether Python has loaded the other one yet or not; nobody else sees it."""
    write("number = 7\n", f"{name}.py")
    path = write(f"from {name} import number\nimport {name} as module\n")
    assert load_object(f"{path}:number") == 7
    assert not hasattr(__import__(name), "number")


def test_a_module_that_hides_an_installed_one_is_named_when_that_fails(write: Any) -> None:
    hiding = write("", "yaml.py")
    path = write("import yaml\nyaml.safe_load('1')\n")
    with pytest.raises(UserError) as caught:
        load_file(path)
    assert f"{hiding} is imported instead of the installed 'yaml'." in str(caught.value)


@pytest.mark.parametrize("name", ["tuner", "sys", "time"])
def test_some_modules_are_never_taken_from_beside_a_file(write: Any, name: str) -> None:
    write("", f"{name}/__init__.py")
    path = write(f"import {name} as module\n")
    assert load_object(f"{path}:module") is sys.modules[name]


def test_a_folder_of_data_hides_no_installed_package(write: Any) -> None:
    write("", "yaml/notes.txt")
    path = write("import yaml\nnumber = yaml.safe_load('7')\n")
    assert load_object(f"{path}:number") == 7


def test_a_folder_on_pythons_path_is_imported_once(write: Any, tmp_path: Path) -> None:
    """Then others import the same modules by their plain names, and compare their classes."""
    write("class Box: ...\n", "found_anyway.py")
    path = write("from found_anyway import Box\n")
    code = f"""
import sys
from tuner.user_code import load_object
mine = load_object({str(path)!r} + ":Box")
import found_anyway
print(mine is found_anyway.Box)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=with_path(tmp_path)
    )
    assert done.stdout.strip() == "True"


def with_path(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *sys.path])}


def test_pickle_and_inspect_know_the_modules(write: Any) -> None:
    write("class Box:\n    size = 3\n\ndef double(x):\n    return 2 * x\n", "boxes.py")
    path = write("from boxes import Box, double\n")
    module = load_file(path)
    assert pickle.loads(pickle.dumps(module.double)) is module.double
    assert type(pickle.loads(pickle.dumps(module.Box()))) is module.Box
    assert inspect.getsource(module.double) == "def double(x):\n    return 2 * x\n"
    assert inspect.getsource(module.Box).startswith("class Box:")
    assert inspect.getfile(module.Box) == str(path.with_name("boxes.py"))
    assert inspect.getmodule(module.double).__file__ == str(path.with_name("boxes.py"))


def test_names_are_the_same_in_every_process(write: Any) -> None:
    """What one process pickles, another that has loaded the file reads."""
    path = write("class Box:\n    size = 3\n")
    code = f"""
import json, pickle, sys
from tuner.user_code import load_object
print(json.dumps(list(pickle.dumps(load_object({str(path)!r} + ":Box")()))))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    Box = load_object(f"{path}:Box")  # noqa: N806
    assert isinstance(pickle.loads(bytes(json.loads(done.stdout))), Box)


def test_a_loaded_module_is_found_by_its_plain_name_from_elsewhere(write: Any) -> None:
    """As Gymnasium does with the entry points of environments; the folder loaded last wins."""
    text = "import robots.envs\n"
    one, two = two_folders(write, text, robots____init__="", robots__envs="number = NUMBER\n", unused="")
    for path, number in ((one, 1), (two, 2), (one, 1)):
        load_file(path)
        import robots  # type: ignore[import-not-found]
        from robots.envs import number as found  # type: ignore[import-not-found]

        assert (found, robots.envs.number) == (number, number)
        assert robots.__spec__.name.startswith("_tuner_user_")
    with pytest.raises(ModuleNotFoundError):
        import unused  # noqa: F401


@pytest.mark.parametrize("name", ["my-space.py", "my.space.py", "__init__.py", "class.py"])
def test_any_file_name_will_do(write: Any, name: str) -> None:
    write("number = 7\n", "recipes.py")
    path = write("from recipes import number\nfrom .recipes import number as again\nclass Box: ...\n", name)
    assert (load_object(f"{path}:number"), load_object(f"{path}:again")) == (7, 7)
    assert pickle.loads(pickle.dumps(load_object(f"{path}:Box"))) is load_object(f"{path}:Box")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("import recipes.nope\n", "line 1: ModuleNotFoundError: No module named 'recipes.nope'"),
        ("from recipes import nope\n", "line 1: ImportError: cannot import name 'nope' from 'recipes' ("),
        ("import robots\n", "line 1: ZeroDivisionError: division by zero"),
    ],
)
def test_a_module_beside_the_file_that_fails(write: Any, text: str, problem: str) -> None:
    write("", "recipes.py")
    write("1 / 0\n", "robots.py")
    path = write(text)
    with pytest.raises(UserError) as caught:
        load_file(path)
    assert problem in str(caught.value)
    assert "_tuner_user_" not in str(caught.value)


def test_what_was_missing_is_found_once_it_is_there(write: Any) -> None:
    path = write("from recipes import number\n")
    with pytest.raises(UserError, match="No module named 'recipes'"):
        load_file(path)
    write("number = 7\n", "recipes.py")
    assert load_object(f"{path}:number") == 7


def test_nothing_is_written_beside_a_users_files(write: Any, tmp_path: Path) -> None:
    write("", "recipes.py")
    load_file(write("import recipes\n"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.py", "recipes.py"]


SIMULATOR = """
from names import TASK
from tuner.simulators import Simulator

class Mine(Simulator):
    name = "mine"
    def tasks(self):
        import names
        return [TASK, names.TASK]
    def open(self, task, *, seed, threads): ...
"""


def test_users_simulators_are_loaded_so(write: Any) -> None:
    one, two = two_folders(write, SIMULATOR, names="TASK = 'Task-NUMBER'\n")
    tasks = [get_simulator(f"{path}:Mine").tasks() for path in (one, two, one)]
    assert tasks == [["Task-1"] * 2, ["Task-2"] * 2, ["Task-1"] * 2]


REGISTER = """
import gymnasium as gym
import counters
if "Beside-NUMBER-v0" not in gym.registry:
    gym.register("Beside-NUMBER-v0", entry_point="counters:Counter")
"""
COUNTER = """
import gymnasium as gym
import numpy as np

class Counter(gym.Env):
    observation_space = gym.spaces.Box(0, 9, (1,), np.float32)
    action_space = gym.spaces.Box(-1, 1, (1,), np.float32)
    def reset(self, *, seed=None, options=None):
        return np.full(1, NUMBER, np.float32), {}
    def step(self, action):
        return np.full(1, NUMBER, np.float32), 0.0, False, False, {}
"""


@pytest.mark.parametrize("vectorization", ["sync", "subprocess"])
def test_files_that_register_environments_are_loaded_so(write: Any, vectorization: str) -> None:
    one, two = two_folders(write, "", register=REGISTER, counters=COUNTER)
    for number in (1, 2, 1):
        options = {"import": str(one.with_name("register.py") if number == 1 else two.with_name("register.py"))}
        options |= {"max_episode_steps": 5, "vectorization": vectorization}
        task = TaskConfig(id=f"Beside-{number}-v0", simulator="gymnasium", num_envs=1, options=options)
        env = open_task(task, seed=0, threads=1)
        assert env.reset().tolist() == [[number]]
        env.close()
