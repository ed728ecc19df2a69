"""Classes, instances and functions of a Python file that is read without being run."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from tuner.actions.audit.config_files._values import Section, TooLongError, Unknown, shown


@dataclass(frozen=True, eq=False, repr=False)
class Function:
    """A function or a method: its code, and where it looks for names."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    module: "Module"
    scopes: tuple[Section, ...]
    """The scopes around it, the innermost first, without the module's."""
    owner: "Class | None" = None
    """The class whose method it is."""

    @property
    def name(self) -> str:
        """Its name; empty for a lambda."""
        return "" if isinstance(self.node, ast.Lambda) else self.node.name

    @property
    def parameters(self) -> list[str]:
        """The names of its positional parameters."""
        return [argument.arg for argument in (*self.node.args.posonlyargs, *self.node.args.args)]

    def mentions(self, words: tuple[str, ...]) -> bool:
        """Say whether a name, a text or an argument in it contains one of some words."""
        return any(word in text for node in ast.walk(self.node) for text in _words(node) for word in words)


class Class(Section):
    """A class with its own and its inherited attributes; nested classes are attributes."""

    def __init__(self, kind: str = "", *, partial: bool = False) -> None:
        super().__init__(kind, partial=partial)
        self.methods: dict[str, Function] = {}
        self.bases: list[Class] = []
        """Base classes that were found, the first one first."""
        self.missing: list[str] = []
        """Base classes, of it and of its ancestors, that were not found."""
        self.fields: list[str] = []
        """Names with an annotation, which a dataclass takes in this order."""

    def empty_copy(self) -> Self:
        """Return the class without its attributes."""
        other = super().empty_copy()
        other.methods, other.bases, other.missing, other.fields = self.methods, self.bases, self.missing, self.fields
        return other

    def method(self, name: str) -> Function | None:
        """Return a method, its own or an inherited one; None if there is none."""
        return self.methods.get(name) or self.inherited_method(name)

    def inherited_method(self, name: str) -> Function | None:
        """Return a method as `super()` finds it; None if there is none."""
        return next((found for base in self.bases if (found := base.method(name)) is not None), None)

    def ancestors(self) -> Iterator["Class"]:
        """Yield the classes that it inherits from and that were found."""
        for base in self.bases:
            yield base
            yield from base.ancestors()


class Instance(Section):
    """An object of a known class."""

    def __init__(self, kind: str = "", *, partial: bool = False) -> None:
        super().__init__(kind, partial=partial)
        self.of = Class(kind)

    def empty_copy(self) -> Self:
        """Return an instance of the same class without attributes."""
        other = super().empty_copy()
        other.of = self.of
        return other


@dataclass(frozen=True, eq=False, repr=False)
class Imported:
    """A name that is imported; its file is read when the name is first used."""

    statement: ast.ImportFrom
    name: str
    importer: "Module"


@dataclass(eq=False, repr=False)
class Module:
    """A file and what it defines."""

    file: Path
    label: str
    """The file, as messages name it."""
    scope: Section = field(default_factory=Section)
    own: list[str] = field(default_factory=list)
    """Names that it defines itself, in order."""


def copied(value: Any, step: Callable[[], None]) -> Any:
    """Return a copy of a value and all that it holds; what is there twice stays one.

    Args:
        value: what to copy. Classes' methods and known functions are not copied.
        step: is called for each entry; it raises `TooLongError` after too many.
    """
    return _copied(value, {}, step)


def _copied(value: Any, done: dict[int, Any], step: Callable[[], None]) -> Any:
    if not isinstance(value, Section | list):
        return value
    if id(value) in done:
        return done[id(value)]
    step()
    if isinstance(value, list):
        copy: Any = []
        done[id(value)] = copy
        copy += [_copied(entry, done, step) for entry in value]
        return copy
    copy = done[id(value)] = value.empty_copy()
    for name, entry in value.items():
        copy.put(name, _copied(entry, done, step), value.places.get(name, ""))
    return copy


def doubted(value: Any, condition: str, step: Callable[[], None]) -> Any:
    """Return a value that is there only under a condition: what it holds becomes unknown.

    Args:
        value: what may be there.
        condition: when, for people.
        step: is called for each entry; it raises `TooLongError` after too many.
    """
    step()
    if not isinstance(value, Section):
        return Unknown(f"{shown(value)} ({condition})")
    other = value.empty_copy()
    for name, entry in value.items():
        other.put(name, doubted(entry, condition, step), value.places.get(name, ""))
    return other


class Steps:
    """Counts what is done to read a file, so that no file takes for ever."""

    def __init__(self, limit: int) -> None:
        self._left = limit

    def __call__(self) -> None:
        """Count a step.

        Raises:
            TooLongError: after too many.
        """
        self._left -= 1
        if self._left < 0:
            raise TooLongError


def _words(node: ast.AST) -> Iterator[str]:
    for name in ("id", "attr", "arg", "value"):
        text = getattr(node, name, None)
        if isinstance(text, str):
            yield text
