import os
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.errors import TunerError, UserError
from tuner.resources import (
    bundled_dir,
    bundled_files,
    check_output,
    is_file_reference,
    user_path,
)


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
        with pytest.raises(UserError, match="is not a regular file but, for example, a device"):
            check_output(path, force=force)
    with pytest.raises(UserError, match=r"is a folder\. Name a file in it\.$"):
        check_output(tmp_path, force=force)
