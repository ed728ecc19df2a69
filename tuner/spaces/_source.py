"""What a search space's file is made of, so that a study notices when it changed."""

import ast
import hashlib
from pathlib import Path


def source_hash(file: Path) -> str:
    """Return a hash of a file and of the files beside it that it imports, directly or through each other."""
    digest = hashlib.sha256()
    for source in _sources(file.resolve()):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(file: Path) -> list[Path]:
    """Return the file and the siblings it imports, by name."""
    found = {file}
    waiting = [file]
    while waiting:
        current = waiting.pop()
        for module in _imported(ast.parse(current.read_bytes(), str(current))):
            sibling = file.with_name(f"{module}.py")
            if sibling not in found and sibling.is_file():
                found.add(sibling)
                waiting.append(sibling)
    return sorted(found)


def _imported(tree: ast.Module) -> set[str]:
    """Return the top-level names of everything a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names
