"""Where the source files lie, what they are called, and whom they import.

Import-linter checks the layers of `tuner/`. Here is what it cannot check: names of files, names with an underscore,
and the scripts in `benchmarks/` and `search_spaces/`, which belong to no package.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = [file for file in sorted((ROOT / "tuner").rglob("*.py")) if file.stem != "__init__"]
BENCHMARKS = sorted((ROOT / "benchmarks").glob("*.py"))
SPACES = sorted((ROOT / "search_spaces").glob("*.py"))

WITHOUT_TESTS = {
    "tuner/simulators/server/server_side/isaaclab_3.py": "tests/isaaclab tests it on the real Isaac Lab",
    "tuner/simulators/server/server_side/isaaclab_task.py": "test_isaaclab_2.py beside it and tests/isaaclab test it",
    "tuner/simulators/server/server_side/mjlab_backend.py": "mjlab's environment is too large for tests",
    "tuner/simulators/server/server_side/serve.py": "test_env.py and test_process.py beside it test it from outside",
    "tuner/simulators/server/server_side/tuner_backend.py": "test_contract.py beside it tests it from outside",
    "tuner/simulators/server/server_side/file_backend.py": "test_env.py beside it opens every task through it",
    "tuner/workers/_ray_messages.py": "test_ray_pool.py beside it sends every message",
    "tuner/__main__.py": "the installed command is tested, which calls the same function",
}
"""Modules that need no test file of their name, and why."""


def imported(file: Path) -> Iterator[str]:
    """Yield the dotted name of everything that a file imports, at its top or within functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_from_tuner(file: Path) -> Iterator[str]:
    return (name for name in imported(file) if name.split(".")[0] == "tuner")


def is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))


def shown(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def test_no_file_name_stands_for_three_things():
    by_name = defaultdict(list)
    for file in (*PACKAGE, *BENCHMARKS, *SPACES):
        by_name[file.stem.strip("_")].append(shown(file))
    assert {name: files for name, files in by_name.items() if len(files) > 2} == {}


def test_every_module_has_a_test_file_of_its_name():
    missing = []
    for module in PACKAGE:
        folder = ROOT / "tests" / module.parent.relative_to(ROOT / "tuner")
        if not (folder / f"test_{module.stem.strip('_')}.py").exists():
            missing.append(shown(module))
    assert missing == sorted(WITHOUT_TESTS)


def test_packages_import_only_public_names_of_one_another():
    strays = []
    for file in PACKAGE:
        package = ".".join(file.relative_to(ROOT).with_suffix("").parts[:2])
        names = (name for name in imported_from_tuner(file) if not name.startswith(f"{package}."))
        strays += [f"{shown(file)} imports {name}" for name in names if is_private(name)]
    assert strays == []


def test_benchmarks_import_only_public_names_and_run_no_studies():
    for file in BENCHMARKS:
        names = list(imported_from_tuner(file))
        assert [name for name in names if is_private(name)] == [], shown(file)
        if file.name == "scale.py":  # measures the manager itself
            continue
        assert [name for name in names if name.split(".")[1] in ("study", "cli")] == [], shown(file)


def test_search_spaces_import_only_what_describes_an_agent():
    beside = {file.stem for file in SPACES}
    allowed = {"tuner.config", "tuner.spaces", *beside, "collections", "math", "typing"}
    for file in SPACES:
        names = list(imported(file))
        assert [name for name in names if is_private(name)] == [], shown(file)
        strays = [name for name in names if name.split(".")[0] not in allowed]
        assert [name for name in strays if ".".join(name.split(".")[:2]) not in allowed] == [], shown(file)
