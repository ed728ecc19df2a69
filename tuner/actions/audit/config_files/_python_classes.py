"""Nested configuration classes of a Python file as plain values, read from its syntax tree. Nothing is imported or run.

Classes may inherit from classes in other files. Such a file is looked for where Python would find it if one of the
folders above were on its path. The names of classes that are not found are kept.
"""

import ast
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tuner.actions.audit.config_files._literals import Scopes, Unread, literal, looked_up
from tuner.errors import UserError


@dataclass(frozen=True)
class PythonClass:
    """A class with its own and its inherited attributes; nested classes are attributes."""

    name: str
    attributes: dict[str, Any]
    ancestors: frozenset[str]
    """Names of the classes that it inherits from and that were found."""
    missing: tuple[str, ...]
    """Base classes, of it and of its ancestors, that were not found."""

    def find(self, keys: tuple[str, ...], prefix: str = "") -> list[tuple[str, Any]]:
        """Return every attribute named as one of `keys`, of the class and of nested classes, with its dotted path."""
        found: list[tuple[str, Any]] = []
        for name, value in self.attributes.items():
            place = f"{prefix or self.name}.{name}"
            if name in keys:
                found.append((place, value))
            elif isinstance(value, PythonClass):
                found += value.find(keys, place)
        return found


def read_classes(file: Path) -> list[PythonClass]:
    """Return the classes that a file defines at its top level, in order.

    Raises:
        UserError: if it cannot be read or is not Python.
    """
    try:
        reader = _Reader()
        module = reader.read(file.resolve())
    except OSError as error:
        raise UserError(f"Cannot read the configuration file '{file}': {error.strerror}.") from error
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise UserError(f"'{file}'{line} is not valid Python: {getattr(error, 'msg', error)}.") from error
    except (RecursionError, MemoryError) as error:
        raise UserError(f"'{file}' is nested too deeply to be read.") from error
    return [module.scope[name] for name in module.own if isinstance(module.scope.get(name), PythonClass)]


@dataclass
class _Module:
    scope: dict[str, Any] = field(default_factory=dict)
    own: list[str] = field(default_factory=list)
    """Names of the classes it defines itself."""


class _Reader:
    def __init__(self) -> None:
        self._modules: dict[Path, _Module] = {}

    def read(self, file: Path) -> _Module:
        """Return what a file defines; if it is still being read, what it has defined so far, as in Python."""
        if file in self._modules:
            return self._modules[file]
        module = self._modules[file] = _Module()
        tree = ast.parse(file.read_bytes(), filename=str(file))
        for statement in _flat(tree.body):
            if isinstance(statement, ast.ImportFrom):
                self._import(statement, file, module.scope)
            else:
                _define(statement, [module.scope])
                if isinstance(statement, ast.ClassDef):
                    module.own = [name for name in module.own if name != statement.name] + [statement.name]
        return module

    def _import(self, statement: ast.ImportFrom, file: Path, scope: dict[str, Any]) -> None:
        source = _module_file(statement, file)
        found: dict[str, Any] = {}
        if source is not None:
            try:
                found = self.read(source).scope
            except (OSError, SyntaxError, ValueError):
                found = {}
        origin = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            if alias.name == "*":
                scope.update(found)
            else:
                unread = Unread(f"{alias.name} (imported from {origin})")
                scope[alias.asname or alias.name] = found.get(alias.name, unread)


def _module_file(statement: ast.ImportFrom, file: Path) -> Path | None:
    """Return the file of the imported module; None if it is not found in the folders above."""
    parts = (statement.module or "").split(".") if statement.module else []
    folders = list(file.parents)
    for folder in folders[statement.level - 1 : statement.level] if statement.level else folders:
        base = folder.joinpath(*parts)
        for candidate in (base.with_name(f"{base.name}.py") if parts else base / "__init__.py", base / "__init__.py"):
            if candidate.is_file() and candidate != file:
                return candidate
    return None


def _flat(statements: list[ast.stmt]) -> list[ast.stmt]:
    """Return the statements; `if` and `try`, which often guard imports, are replaced by the statements in them."""
    found: list[ast.stmt] = []
    for statement in statements:
        found += _flat(statement.body) if isinstance(statement, ast.If | ast.Try) else [statement]
    return found


def _define(statement: ast.stmt, scopes: Scopes) -> None:
    """Apply an assignment or a class definition to the innermost scope."""
    scope = scopes[0]
    if not isinstance(scope, dict):
        return
    if isinstance(statement, ast.ClassDef):
        scope[statement.name] = _class(statement, scopes)
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                scope[target.id] = literal(statement.value, scopes)
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
        scope[statement.target.id] = literal(statement.value, scopes)


def _class(node: ast.ClassDef, scopes: Scopes) -> PythonClass:
    attributes: dict[str, Any] = {}
    ancestors: set[str] = set()
    missing: list[str] = []
    for base in reversed(node.bases):  # attributes of the first base take precedence
        found = looked_up(base, scopes)
        if isinstance(found, PythonClass):
            attributes.update(found.attributes)
            ancestors |= {found.name, *found.ancestors}
            missing += found.missing
        else:
            missing.append(found.text if isinstance(found, Unread) else ast.unparse(base))
    for statement in _flat(node.body):
        _define(statement, [attributes, *scopes])
    return PythonClass(node.name, attributes, frozenset(ancestors), tuple(dict.fromkeys(missing)))
