"""What is read from a file, whatever its language: nested settings, and the values that could not be computed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from reprlib import Repr
from typing import Any, Self

from tuner.actions.audit.config_files._answers import UnclearError


class TooLongError(Exception):
    """A file takes too many steps to read: it repeats itself, or it is no configuration."""


class Section(dict[str, Any]):
    """Settings by name: a mapping of a YAML file; a class, an instance, a dict or a call of a Python file.

    Attributes:
        kind: the class that is written there (`JointPositionActionCfg`), if any.
        partial: whether there can be settings that are not in the files that were read.
        places: by name, the file and the line that set the value, `cfg.py:12`.
    """

    def __init__(self, kind: str = "", *, partial: bool = False) -> None:
        super().__init__()
        self.kind = kind
        self.partial = partial
        self.places: dict[str, str] = {}

    def put(self, name: str, value: Any, place: str) -> None:
        """Set a value and note the file and the line that did it."""
        self[name] = value
        self.places[name] = place

    def take_from(self, other: "Section") -> None:
        """Take over all settings of another section, and their places."""
        self.update(other)
        self.places.update(other.places)

    def empty_copy(self) -> Self:
        """Return a section like this one without its settings."""
        return type(self)(self.kind, partial=self.partial)


@dataclass(frozen=True)
class Unknown:
    """A value that could not be computed."""

    text: str
    """The expression, as the file writes it, or a description."""
    place: str = ""
    """The file and the line."""
    home: tuple[Section, str] | None = field(default=None, compare=False, repr=False)
    """The section that it would be in if it were known, and its name there."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Found:
    """A value with its path and the file and line that set it."""

    path: tuple[str, ...]
    value: Any
    place: str
    owner: Section
    """The section that it is in."""

    @property
    def dotted(self) -> str:
        """The path as text."""
        return ".".join(self.path)


def find_keys(root: Any, keys: tuple[str, ...]) -> list[Found]:
    """Return every value under one of `keys`, at any depth.

    Content that is there several times is searched once, so that no file can make the search slow.
    """
    return list(_found(root, keys, (), set()))


def _found(data: Any, keys: tuple[str, ...], path: tuple[str, ...], seen: set[int]) -> Iterator[Found]:
    if not isinstance(data, Section | list) or id(data) in seen:
        return
    seen.add(id(data))
    entries = data.items() if isinstance(data, Section) else enumerate(data)
    for name, value in entries:
        here = (*path, str(name))
        if isinstance(data, Section) and name in keys:
            yield Found(here, value, data.places.get(name, ""), data)
        yield from _found(value, keys, here, seen)


def at_path(data: Any, path: tuple[str, ...]) -> Any:
    """Return the value at a path of keys; None if there is none."""
    for key in path:
        data = data.get(key) if isinstance(data, Section) else None
    return data


def only_value(found: list[Found]) -> Found:
    """Return the first of several values, which must be the same.

    Raises:
        UnclearError: if they differ.
    """
    first = found[0]
    if any(other.value != first.value for other in found):
        places = ", ".join(f"{other.dotted}: {shown(other.value)} ({other.place})" for other in found)
        raise UnclearError(f"Actions are clipped in several ways: {places}. The file does not say which one counts.")
    return first


class _Shortened(Repr):
    """Writes the beginnings of values only, so that none is too large to be shown."""

    def repr_Section(self, value: Section, level: int) -> str:  # noqa: N802  reprlib looks for the type's name
        return self.repr_dict(value, level)

    def repr_Unknown(self, value: Unknown, level: int) -> str:  # noqa: N802
        return value.text


_SHORTENED = _Shortened()
_SHORTENED.maxlevel, _SHORTENED.maxstring, _SHORTENED.maxdict = 3, 80, 12


def shown(value: Any) -> str:
    """Return a value for a message, shortened."""
    text = _SHORTENED.repr(value)
    return text if len(text) <= 80 else text[:77] + "…"
