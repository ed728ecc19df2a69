"""PyYAML's safe loader, for tags that somebody wrote on values that they do not fit, such as `!!bool maybe`."""

from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.nodes import MappingNode, Node, ScalarNode

_STANDARD = "tag:yaml.org,2002:"
_OF_KEYS = (f"{_STANDARD}map", f"{_STANDARD}set")
_SHOWN = 40
"""Characters of a value that a message quotes."""


class CheckedLoader(yaml.SafeLoader):
    """Raises ConstructorError, with its place, where PyYAML's own constructors fail with whatever Python raises."""

    def construct_object(self, node: Node, deep: bool = False) -> Any:
        """Build the value of a node; one that its tag does not fit raises ConstructorError."""
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
