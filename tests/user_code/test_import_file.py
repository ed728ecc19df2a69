import pickle
import sys
from pathlib import Path
from typing import Any

import pytest

from tuner.errors import UserError
from tuner.user_code import load_file, load_module, load_named, load_object, loaded_sources


def refusal(reference: str) -> str:
    with pytest.raises(UserError) as caught:
        load_object(reference)
    return str(caught.value)


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
    assert str(path) not in {getattr(module, "__file__", None) for module in sys.modules.values()}
    write("anything = 1\n")  # repaired, it loads
    assert load_object(f"{path}:anything") == 1


def test_not_text_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "binary.py"
    path.write_bytes(b"\x00\xff\xfe")
    assert str(path) in refusal(f"{path}:Name")


def test_load_file_returns_the_module(write: Any) -> None:
    module = load_file(write("here = __file__\n"))
    assert Path(module.here).samefile(module.__file__ or "")


def test_the_sources_of_a_file_are_those_it_imports_and_no_others(write: Any) -> None:
    write("import deeper\n", "ranges.py")
    write("x = 1\n", "deeper.py")
    write("this is no Python", "later.py")
    write("x = 1\n", "unused.py")
    write("", "robots/__init__.py")
    write("from . import legs\nfrom .arms import hand\n", "robots/walk.py")
    write("from ranges import deeper\n", "robots/legs.py")
    write("hand = 5\n", "robots/arms.py")
    path = write("import math\nimport ranges\nfrom robots import walk\n\ndef f():\n    import later\n")
    load_file(path)
    names = ["deeper.py", "later.py", "mine.py", "ranges.py"]
    names += ["robots/__init__.py", "robots/arms.py", "robots/legs.py", "robots/walk.py"]
    assert list(loaded_sources(path)) == names
    assert loaded_sources(path)["robots/arms.py"] == b"hand = 5\n"


def test_the_sources_are_those_that_were_loaded(write: Any) -> None:
    write("number = 1\n", "ranges.py")
    path = write("import ranges\n\ndef later():\n    import lazy\n    return lazy.number\n")
    write("number = 1\n", "lazy.py")
    later = load_object(f"{path}:later")
    sources = loaded_sources(path)
    write("number = 2\n", "ranges.py")
    write("number = 2\n", "lazy.py")
    assert loaded_sources(path) == sources
    assert later() == 1  # as its source was when it was told
    assert load_object(f"{path}:later")() == 2
    assert loaded_sources(path)["ranges.py"] == b"number = 2\n"


def test_a_package_has_its_own_name_and_its_modules_beside_it(write: Any, tmp_path: Path) -> None:
    write("from mybot.numbers import SIZE\n", "mybot/__init__.py")
    write("SIZE = 4\n", "mybot/numbers.py")
    write("from mybot import SIZE\nDOUBLE = 2 * SIZE\n", "mybot/sub/envs.py")
    write("", "mybot/sub/__init__.py")
    assert load_module(tmp_path / "mybot").SIZE == 4
    assert load_module(f"{tmp_path}/mybot.sub.envs").DOUBLE == 8
    assert load_named(f"{tmp_path}/mybot") is load_module(tmp_path / "mybot")
    assert "mybot" not in sys.modules


def test_an_edited_package_is_imported_again(write: Any, tmp_path: Path) -> None:
    write("SIZE = 4\n", "mybot/__init__.py")
    assert load_module(tmp_path / "mybot").SIZE == 4
    write("SIZE = 5\n", "mybot/__init__.py")
    assert load_module(tmp_path / "mybot").SIZE == 5


def test_a_package_on_pythons_path_is_imported_once(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("", "on_the_path/__init__.py")
    monkeypatch.syspath_prepend(tmp_path)
    assert load_module(tmp_path / "on_the_path") is load_named("on_the_path")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("mybot", ["mybot/__init__.py", "line 2", "ZeroDivisionError"]),
        ("single", ["single.py", "line 1", "No module named 'mybott'"]),
        ("gone", ["no module 'gone'", "in the folder"]),
        ("single.gone", ["no module 'single.gone'"]),
        ("data", ["no module 'data'"]),
    ],
)
def test_a_module_that_cannot_be_imported_is_explained(write: Any, tmp_path: Path, name: str, parts: list[str]) -> None:
    write("x = 1\ny = x / 0\n", "mybot/__init__.py")
    write("import mybott\n", "single.py")
    (tmp_path / "data").mkdir()
    with pytest.raises(UserError) as caught:
        load_named(f"{tmp_path}/{name}")
    assert [part for part in parts if part not in str(caught.value)] == []


@pytest.mark.parametrize("name", ["no_such_module", "no_such_module.envs", "json.no_such_part"])
def test_a_module_that_is_not_installed_is_not_to_be_installed_either(name: str) -> None:
    with pytest.raises(UserError, match=f"There is no module '{name}': it is neither installed") as caught:
        load_named(name)
    assert "pip" not in str(caught.value)
