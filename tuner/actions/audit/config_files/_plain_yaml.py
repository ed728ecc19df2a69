"""Any YAML as plain values: tags for Python objects are read as the data below them, and no object is built."""

from collections.abc import Hashable, Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tuner.config import CheckedLoader
from tuner.errors import UserError

Path = tuple[str, ...]
_REFERENCES = 20
"""How many `${…}` may point to one another."""


class _PlainLoader(CheckedLoader):
    """PyYAML's safe loader, but it ignores unknown tags: `!!python/tuple` gives a list."""

    def construct_plain(self, suffix: str, node: Node) -> Any:
        if isinstance(node, MappingNode):
            return self.construct_mapping(node, deep=True)
        if isinstance(node, SequenceNode):
            return self.construct_sequence(node, deep=True)
        return self.construct_scalar(node) if isinstance(node, ScalarNode) else None

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping whose keys are texts; a list as a key, which YAML allows, is written as text."""
        self.flatten_mapping(node)
        return {
            str(self.construct_object(key, deep=True)): self.construct_object(value, deep=deep)
            for key, value in node.value
        }


_PlainLoader.add_multi_constructor("", _PlainLoader.construct_plain)


def load_plain(text: str, source: str) -> dict[str, Any]:
    """Return a YAML document as nested dictionaries, lists, texts, numbers, booleans and None.

    Args:
        text: the YAML; JSON is YAML too.
        source: where it comes from, for errors.

    Raises:
        UserError: if it is not YAML, or not keys and values.
    """
    try:
        data = yaml.load(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        raise UserError(f"{source} is not valid YAML: {' '.join(str(error).split())}.") from error
    except RecursionError as error:
        raise UserError(f"{source} is not valid YAML: {type(error).__name__}, {error}.") from error
    if not isinstance(data, dict):
        raise UserError(f"{source} holds a {type(data).__name__}, not keys and values.")
    return data


def find_keys(data: Any, keys: tuple[str, ...]) -> list[tuple[Path, Any]]:
    """Return every value under one of `keys`, at any depth, with its path.

    Content that an alias repeats (`*name`) is searched once, so that no file can make the search slow.
    """
    return list(_found(data, keys, (), set()))


def _found(data: Any, keys: tuple[str, ...], path: Path, seen: set[int]) -> Iterator[tuple[Path, Any]]:
    if not isinstance(data, dict | list) or id(data) in seen:
        return
    seen.add(id(data))
    entries = data.items() if isinstance(data, dict) else enumerate(data)
    for name, value in entries:
        place = (*path, str(name))
        if isinstance(data, dict) and name in keys:
            yield place, value
        yield from _found(value, keys, place, seen)


def at_path(data: Any, path: Path) -> Any:
    """Return the value at a path of keys; None if there is none."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def resolved(root: dict[str, Any], value: Any) -> Any:
    """Follow Hydra's `${path.to.value}` from the root of the document; return a reference to nothing unchanged."""
    for _ in range(_REFERENCES):
        if not (isinstance(value, str) and value.startswith("${") and value.endswith("}")):
            return value
        found = at_path(root, tuple(value[2:-1].split(".")))
        if found is None:
            return value
        value = found
    return value


def only_value(root: dict[str, Any], found: list[tuple[Path, Any]], source: str) -> tuple[Path, Any]:
    """Return the first place and its value, which must be the same in all places.

    Raises:
        UserError: if they differ.
    """
    values = [(path, resolved(root, value)) for path, value in found]
    if any(value != values[0][1] for _, value in values):
        places = ", ".join(f"{'.'.join(path)}: {value!r}" for path, value in values)
        raise UserError(
            f"{source} clips actions in several ways: {places}. The file does not say which one counts; give it: "
            "tuner audit --box LOW HIGH --dims N."
        )
    return values[0]
