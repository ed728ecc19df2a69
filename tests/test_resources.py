import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tuner.errors import TunerError, UserError
from tuner.resources import (
    bundled_dir,
    bundled_files,
    check_output,
    is_file_reference,
    load_file,
    load_object,
    user_path,
)


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str, name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refusal(reference: str) -> str:
    with pytest.raises(UserError) as caught:
        load_object(reference)
    return str(caught.value)


@pytest.mark.parametrize("name", ["search_spaces", "studies"])
def test_bundled_folders_exist(name: str) -> None:
    assert bundled_dir(name).is_dir()


def test_an_unknown_bundled_folder_is_no_users_mistake() -> None:
    with pytest.raises(TunerError, match="Reinstall") as caught:
        bundled_dir("no_such_folder")
    assert not isinstance(caught.value, UserError)


def test_bundled_files_by_name() -> None:
    studies = bundled_files("studies", ".yaml")
    assert {"quickstart", "a1_flat", "a1_flat_ppo"} <= set(studies)
    assert list(studies) == sorted(studies)
    assert all(path.is_file() and path.suffix == ".yaml" for path in studies.values())
    assert not any(name.startswith("_") for name in bundled_files("search_spaces", ".py"))


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("a.py:B", True),
        ("/x/a.py:B", True),
        ("../a.py:", True),
        ("a.py", False),
        ("a:B", False),
        ("mujoco", False),
        ("", False),
    ],
)
def test_is_file_reference(reference: str, expected: bool) -> None:
    assert is_file_reference(reference) is expected


def test_a_home_folder_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert user_path("~/a.yaml") == Path("/home/me/a.yaml")
    assert user_path(Path("a/~b")) == Path("a/~b")
    with pytest.raises(UserError, match="begins with ~nosuchuser, but there is no such home folder"):
        user_path("~nosuchuser/a.yaml")


def test_an_object_is_found(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("def double(x):\n    return 2 * x\n")
    assert load_object(f"{path}:double")(4) == 8
    monkeypatch.chdir(path.parent)
    assert load_object("mine.py:double") is load_object(f"{path}:double")  # imported once
    assert load_object("./mine.py:double") is load_object(f"{path}:double")


def test_an_edited_file_is_imported_again(write: Any) -> None:
    path = write("number = 1\n")
    assert load_object(f"{path}:number") == 1
    write("number = 2\n")
    assert load_object(f"{path}:number") == 2


def test_files_of_the_same_name_do_not_meet(write: Any) -> None:
    one, two = write("number = 1\n", "a/mine.py"), write("number = 2\n", "b/mine.py")
    assert (load_object(f"{one}:number"), load_object(f"{two}:number")) == (1, 2)
    assert "mine" not in sys.modules


def test_what_lies_beside_it_can_be_imported(write: Any) -> None:
    write("number = 7\n", "beside_mine_only.py")
    path = write("from beside_mine_only import number\n")
    before = list(sys.path)
    try:
        assert load_object(f"{path}:number") == 7
    finally:
        sys.modules.pop("beside_mine_only", None)
    assert sys.path == before


def test_dataclasses_and_pickle_work(write: Any) -> None:
    path = write(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: int = 3\n"
    )
    point = load_object(f"{path}:Point")()
    assert pickle.loads(pickle.dumps(point)) == point


@pytest.mark.parametrize("reference", ["mine.py", "mine:Name", "mine.py:", "mine.py:not a name", ":Name", ""])
def test_malformed_references_are_refused(reference: str) -> None:
    assert "Write path/to/file.py:Name" in refusal(reference)


def test_a_missing_file_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = refusal("gone.py:Name")
    assert "'gone.py'" in text
    assert f"{tmp_path}/gone.py" in text


def test_a_home_folder_that_nobody_has_is_explained() -> None:
    assert "'~nosuchuser/mine.py' begins with ~nosuchuser" in refusal("~nosuchuser/mine.py:Name")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    assert "directory" in refusal(f"{tmp_path}/folder.py:Name")


def test_a_missing_name_is_corrected(write: Any) -> None:
    path = write("def my_space():\n    pass\n")
    assert "Did you mean 'my_space'?" in refusal(f"{path}:my_spaec")


def test_what_a_file_imports_is_not_offered(write: Any) -> None:
    path = write("from math import sqrt\nfrom pathlib import Path\nN = 3\nclass B: ...\ndef a(): ...\ndef _c(): ...\n")
    assert refusal(f"{path}:zzz") == f"Unknown name 'zzz' in {path}. Known: B, a."


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("x = 1\ny = x / 0\n", ["line 2", "ZeroDivisionError"]),
        ("def f(:\n", ["line 1", "SyntaxError"]),
        ("import no_such_package_at_all\n", ["line 1", "no_such_package_at_all"]),
        ("def f():\n    raise ValueError\n\nf()\n", ["line 2", "ValueError"]),
        ("import sys\nsys.exit(3)\n", ["line 2", "SystemExit"]),
    ],
)
def test_a_file_that_fails_is_explained(write: Any, text: str, parts: list[str]) -> None:
    path = write(text)
    before = list(sys.path)
    found = refusal(f"{path}:anything")
    for part in (str(path), *parts):
        assert part in found
    assert sys.path == before
    assert not [
        name for name in sys.modules if name.startswith("_tuner_user_mine_") and sys.modules[name].__file__ == str(path)
    ]
    write("anything = 1\n")  # repaired, it loads
    assert load_object(f"{path}:anything") == 1


def test_not_text_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "binary.py"
    path.write_bytes(b"\x00\xff\xfe")
    assert str(path) in refusal(f"{path}:Name")


def test_load_file_returns_the_module(write: Any) -> None:
    module = load_file(write("here = __file__\n"))
    assert Path(module.here).samefile(module.__file__ or "")


def test_the_light_layers_stay_light() -> None:
    heavy = {"jax", "torch", "sbx", "stable_baselines3", "mujoco", "gymnasium", "optuna", "pandas", "numpy"}
    light = "tuner.config, tuner.records, tuner.clock, tuner.errors, tuner.resources, tuner.optional"
    code = f"import sys, {light}; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_new_file_and_a_forced_one_may_be_written(tmp_path):
    there = tmp_path / "there.png"
    there.write_text("mine")
    check_output(tmp_path / "new.png", force=False)
    check_output(there, force=True)
    with pytest.raises(UserError, match=r"there.png exists already\. Name another file, or give --force"):
        check_output(there, force=False)
    assert there.read_text() == "mine"


@pytest.mark.parametrize("force", [False, True])
def test_what_is_no_file_is_never_replaced(tmp_path, force):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(UserError, match="is a device or the like, which is not replaced"):
            check_output(path, force=force)
    with pytest.raises(UserError, match=r"is a folder\. Name a file in it\.$"):
        check_output(tmp_path, force=force)
