"""Any YAML as plain sections: tags for Python objects are read as the data below them, and no object is built.

Hydra's `defaults:` are followed to files beside it; `${path.to.value}` is looked up in the result.
"""

from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from tuner.actions.audit.config_files._values import Section, Unknown, at_path
from tuner.config import CheckedLoader

_REFERENCES = 20
"""How many `${…}` may point to one another, and how deep `defaults:` may go."""


_MOST_KEYS = 20_000


class _PlainLoader(CheckedLoader):
    """PyYAML's safe loader, but it ignores unknown tags, and notes the lines: `!!python/tuple` gives a list."""

    label = ""
    """The file, as messages name it."""

    def construct_plain(self, suffix: str, node: Node) -> Any:
        if isinstance(node, MappingNode):
            return self.construct_mapping(node, deep=True)
        if isinstance(node, SequenceNode):
            return self.construct_sequence(node, deep=True)
        return self.construct_scalar(node) if isinstance(node, ScalarNode) else None

    def construct_section(self, node: MappingNode) -> Iterator[Section]:
        """Build a mapping; it is given out before it is filled, as it may contain itself."""
        section = Section()
        yield section
        section.take_from(self.construct_mapping(node))

    def flatten_mapping(self, node: MappingNode) -> None:
        """Put the keys that `<<` merges into a mapping; it may not merge mappings that merge others without end."""
        super().flatten_mapping(node)
        if len(node.value) > _MOST_KEYS:
            raise ConstructorError(None, None, "it merges too many keys into one mapping", node.start_mark)

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> Section:  # type: ignore[override]
        """Build a mapping whose keys are texts; a list as a key, which YAML allows, is written as text."""
        self.flatten_mapping(node)
        section = Section()
        for key, value in node.value:
            name: Hashable = self.construct_object(key, deep=True)
            place = f"{self.label}:{key.start_mark.line + 1}"
            section.put(str(name), self.construct_object(value, deep=deep), place)
        return section


_PlainLoader.add_multi_constructor("", _PlainLoader.construct_plain)
_PlainLoader.add_constructor("tag:yaml.org,2002:map", _PlainLoader.construct_section)


def load_yaml(file: Path, label: str) -> Section:
    """Return a YAML file as sections, lists, texts, numbers, booleans and None; JSON is YAML too.

    Args:
        file: the file.
        label: the file as messages name it.

    Raises:
        OSError: if it cannot be read; UnicodeDecodeError if it is no text in UTF-8.
        YAMLError: if it is not YAML. RecursionError: if it is nested too deeply.
        TypeError: if it does not hold keys and values; the message says what it holds.
    """
    return _composed(file, label, _REFERENCES)


def missing_defaults(root: Section) -> list[str]:
    """Return the names in a file's `defaults:` that were not found beside it."""
    return [value.text for value in root.get(_MISSING, []) if isinstance(value, Unknown)]


_MISSING = "defaults that were not found"


def _composed(file: Path, label: str, depth: int) -> Section:
    loader = _PlainLoader(file.read_text(encoding="utf-8-sig"))
    loader.label = label
    try:
        own = loader.get_single_data()
    finally:
        loader.dispose()
    if not isinstance(own, Section):
        raise TypeError(type(own).__name__)
    defaults = own.get("defaults")
    if not isinstance(defaults, list) or depth == 0:
        return own
    return _with_defaults(own, defaults, file, depth)


def _with_defaults(own: Section, defaults: list[Any], file: Path, depth: int) -> Section:
    """Return a file's settings over those of its `defaults:`, in Hydra's order.

    A file without `_self_` comes last (https://hydra.cc/docs/upgrades/1.0_to_1.1/default_composition_order).
    """
    whole, missing = Section(), []
    for entry in [*defaults, *([] if "_self_" in defaults else ["_self_"])]:
        if entry == "_self_":
            _merge(whole, own)
            continue
        for path, package in _named_files(entry):
            found = _beside(file, path)
            if found is None:
                missing.append(Unknown(path, own.places.get("defaults", "")))
                continue
            part = _composed(found, str(found), depth - 1)
            missing += part.pop(_MISSING, [])
            _merge(whole, _packaged(part, package, _header(found)))
    if missing:
        whole.put(_MISSING, missing, own.places.get("defaults", ""))
        whole.partial = True
    return whole


def _named_files(entry: Any) -> list[tuple[str, str]]:
    """Return the files that an entry of `defaults:` names, and the key that each goes under; none for no file."""
    if isinstance(entry, str):
        path, _, package = entry.partition("@")
        return [(path, package if package else path.strip("/").rpartition("/")[0])]
    if not isinstance(entry, Section):
        return []
    found = []
    for key, options in entry.items():
        group, _, package = key.removeprefix("override ").removeprefix("optional ").strip().partition("@")
        names = options if isinstance(options, list) else [options]
        found += [(f"{group}/{name}", package or group.strip("/")) for name in names if isinstance(name, str)]
    return found


def _beside(file: Path, path: str) -> Path | None:
    """Return the file of a default: below the file's folder or, as Hydra's groups are, below one above."""
    if "${" in path or "\0" in path:
        return None
    for folder in file.parents[:4]:
        for suffix in (".yaml", ".yml"):
            candidate = folder / f"{path.strip('/').removesuffix(suffix)}{suffix}"
            if candidate.is_file() and candidate != file:
                return candidate
    return None


def _header(file: Path) -> str | None:
    """Return the package of a file's comment `# @package _global_`, if it has one."""
    for line in file.read_text(encoding="utf-8-sig").splitlines()[:5]:
        if line.startswith("#") and "@package" in line:
            return line.partition("@package")[2].strip()
    return None


def _packaged(part: Section, package: str, header: str | None) -> Section:
    """Return a file's settings under the key that they go to."""
    where = package if header in (None, "_group_") else header
    if where in ("_global_", "_here_", "", None):
        return part
    for name in reversed(where.replace("/", ".").split(".")):
        outer = Section()
        outer.put(name, part, "")
        part = outer
    return part


def _merge(base: Section, over: Section) -> None:
    """Put settings over others, section by section."""
    for name, value in over.items():
        before = base.get(name)
        if isinstance(before, Section) and isinstance(value, Section):
            joined = Section()
            joined.take_from(before)
            _merge(joined, value)
            base[name] = joined
        elif name != "defaults":
            base.put(name, value, over.places.get(name, ""))


def resolved(root: Section, value: Any) -> Any:
    """Follow Hydra's `${path.to.value}` from the root of the document; a reference to nothing is unknown."""
    for _ in range(_REFERENCES):
        if not (isinstance(value, str) and value.startswith("${") and value.endswith("}")):
            return value
        found = at_path(root, tuple(value[2:-1].split(".")))
        if found is None:
            return Unknown(value)
        value = found
    return Unknown(value)
