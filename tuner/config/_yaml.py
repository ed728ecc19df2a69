"""YAML as study files use it: safe, and without YAML 1.1's surprises.

Plain values are read by the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema): `1e-3` is a
number, only true and false are booleans, `yes`, `no`, `on`, `off`, dates and `1:30` are text, `010` is ten. Keys are
text, and no key may appear twice in one mapping.

ruamel.yaml reads YAML 1.2 too, but takes dates, `1_000` and `0b1` for values, and does not quote `yes` when it writes.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode

from tuner.errors import UserError

_STANDARD = "tag:yaml.org,2002:"
_OF_KEYS = (f"{_STANDARD}map", f"{_STANDARD}set")
_SHOWN = 40
"""Characters of a value that a message quotes."""


class CheckedLoader(yaml.SafeLoader):
    """Raises ConstructorError, with the place, where PyYAML's constructors let other exceptions of Python through."""

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        """Build the value of a node; a value that does not fit its tag raises ConstructorError."""
        if node.tag in _OF_KEYS and not isinstance(node, MappingNode):
            raise _misfit(node)
        try:
            return super().construct_object(node, deep)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise _misfit(node) from error


def _misfit(node: Node) -> ConstructorError:
    tag = node.tag.replace(_STANDARD, "!!")
    other = "keys and values" if isinstance(node, MappingNode) else "a list"
    value = repr(node.value) if isinstance(node, ScalarNode) else other
    shown = value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
    return ConstructorError(None, None, f"{shown} cannot be read as {tag}", node.start_mark)


_INTEGER = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)


class _StudyLoader(CheckedLoader):
    """PyYAML's safe loader with the core schema of YAML 1.2 and without duplicate keys."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own way

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Build a mapping; a key that appears twice, or is not text, raises ConstructorError with its place."""
        seen: set[str] = set()
        before = None
        for key_node, value_node in node.value:
            number, before = _with_decimal_comma(before, key_node), value_node
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                problem = f"the key {key!r} is not text; put it in quotes"
                if number is not None:
                    problem = f"a comma ends a value here; write the number with a decimal point, {number}"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' appears twice in one mapping", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)

    def construct_core_int(self, node: ScalarNode) -> int:
        text = str(self.construct_scalar(node))
        return int(text, 0 if text.startswith(("0o", "0x")) else 10)


def _with_decimal_comma(value: Node | None, key: Node) -> str | None:
    """Return the number that was meant if a value and the key right after it were written as in `{target: 9,5}`."""
    if not (isinstance(value, ScalarNode) and isinstance(key, ScalarNode)):
        return None
    digits = _INTEGER.match(value.value) and key.value[:1].isdigit()
    adjacent = key.start_mark.index == value.end_mark.index + 1
    return f"{value.value}.{key.value}" if digits and adjacent else None


class _StudyDumper(yaml.SafeDumper):
    """Quotes every text that YAML 1.1 or 1.2 would take for something else."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_CORE_SCHEMA = [
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")),
    ("int", _INTEGER, list("-+0123456789")),
    ("float", _FLOAT, list("-+.0123456789")),
    ("merge", re.compile(r"^<<$"), ["<"]),
]
for _kind, _pattern, _first in _CORE_SCHEMA:
    _StudyLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _pattern, _first)
    _StudyDumper.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", _pattern, _first)
_StudyLoader.add_constructor("tag:yaml.org,2002:int", _StudyLoader.construct_core_int)


def dump_yaml(data: Any, *, short_lists: bool = False) -> str:
    """Return plain values (mappings, lists, texts, numbers, booleans, None) as YAML that `parse_yaml` reads back.

    Args:
        data: the values.
        short_lists: write what holds only single values in one line, as `[1, 2]`, instead of one value a line.
    """
    style = None if short_lists else False
    return yaml.dump(
        data, Dumper=_StudyDumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=style
    )


def parse_yaml(text: str, source: str, loader: type[CheckedLoader] = _StudyLoader) -> Any:
    """Return the one document in `text` as plain Python values; None if it is empty.

    Args:
        text: the YAML.
        source: where it comes from, for errors.
        loader: reads it; by default as study files are read.

    Raises:
        UserError: if it is not YAML, has a duplicate key or a key that is not text, asks for Python objects, or has a
            value that does not fit its tag; with line and column.
    """
    try:
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        raise UserError(f"{source}{_place(error)} is not valid YAML: {_problem(error)}.") from error
    except RecursionError as error:
        raise UserError(f"{source} is not valid YAML: {type(error).__name__}, {error}.") from error


def _place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f", line {mark.line + 1}, column {mark.column + 1}," if mark is not None else ""


def _problem(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.reader.ReaderError):
        return (
            f"the character {chr(error.character)!r} is not allowed" if isinstance(error.character, int) else str(error)
        )
    parts = [getattr(error, "context", None), getattr(error, "problem", None)]
    return ", ".join(part for part in parts if part) or str(error)
