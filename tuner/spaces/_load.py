"""Load a bundled search space by its name, or one from a user's own file."""

import ast
import hashlib
from pathlib import Path

from tuner.errors import UserError, unknown_name
from tuner.resources import bundled_files, is_file_reference
from tuner.spaces._space import SearchSpace, search_space
from tuner.user_code import load_object, loaded_sources


def source_hash(path: Path) -> str:
    """Return a hash of a loaded file and of everything that it imports from its folder."""
    digest = hashlib.sha256()
    for name, source in loaded_sources(path).items():
        digest.update(name.encode() + b"\0" + source + b"\0")
    return digest.hexdigest()


def bundled_spaces() -> list[str]:
    """Return the names of the bundled search spaces, sorted. Their files are read but not run."""
    return sorted(_bundled())


def load_space(reference: str) -> SearchSpace:
    """Load a search space.

    Args:
        reference: the name of a bundled one, such as `sac_speed`, or `path/to/file.py:function`.

    Raises:
        UserError: if there is no such space, its file fails on import, or it is not a function.
    """
    if is_file_reference(reference):
        path, _, function_name = reference.rpartition(":")
        return _load(Path(path), function_name, name=f"{Path(path).name}:{function_name}")
    files = _bundled()
    if reference not in files:
        unknown = unknown_name("search space", reference, files)
        raise UserError(f"{unknown} Your own is written path/to/file.py:function.")
    return _load(files[reference], reference, name=reference)


def _load(file: Path, function_name: str, *, name: str) -> SearchSpace:
    function = load_object(f"{file}:{function_name}")
    if not callable(function):
        raise UserError(
            f"'{function_name}' in {file} is a {type(function).__name__}, but a search space is a function that takes "
            "a SpaceTrial and returns an AgentConfig."
        )
    return SearchSpace.of(function, name=name, source_hash=source_hash(file))


def _bundled() -> dict[str, Path]:
    """Return the file of every bundled space, a function with the decorator `search_space` at the top of its file."""
    found = {}
    for file in bundled_files("search_spaces", ".py").values():
        for node in ast.parse(file.read_bytes(), str(file)).body:
            if isinstance(node, ast.FunctionDef) and any(map(_is_mark, node.decorator_list)):
                found[node.name] = file
    return found


def _is_mark(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Name) and called.id == search_space.__name__
