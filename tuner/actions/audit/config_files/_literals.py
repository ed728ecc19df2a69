"""The values of Python expressions that are simple enough to be computed without running code."""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

Scopes = Sequence[Mapping[str, Any]]
"""Names and what they hold, the innermost scope first."""

_CONSTANTS = MappingProxyType({"pi": math.pi, "inf": math.inf})
"""Attributes that `math`, `np` and `torch` all have."""
_MODULES = frozenset({"math", "np", "numpy", "torch"})
_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.Pow: operator.pow,
    }
)


@dataclass(frozen=True)
class Unread:
    """An expression whose value is not known, with its source text."""

    text: str

    def __repr__(self) -> str:
        return self.text


def literal(node: ast.expr, scopes: Scopes) -> Any:
    """Return the value of a number, text, list, mapping, simple arithmetic or known name; `Unread` for anything else.

    Args:
        node: the expression.
        scopes: where names are looked up.
    """
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple | ast.List):
        return [literal(entry, scopes) for entry in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {str(literal(key, scopes)): literal(value, scopes) for key, value in pairs if key is not None}
    if isinstance(node, ast.Name | ast.Attribute):
        return looked_up(node, scopes)
    if isinstance(node, ast.UnaryOp | ast.BinOp):
        return _computed(node, scopes)
    return Unread(ast.unparse(node))


def looked_up(node: ast.expr, scopes: Scopes) -> Any:
    """Return what a name such as `PI`, `np.pi` or `LeggedRobotCfg.control` stands for; `Unread` if it is not known."""
    if isinstance(node, ast.Name):
        for scope in scopes:
            if node.id in scope:
                return scope[node.id]
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in _MODULES and node.attr in _CONSTANTS:
            return _CONSTANTS[node.attr]
        owner = looked_up(node.value, scopes)
        attributes = getattr(owner, "attributes", None)
        if isinstance(attributes, dict) and node.attr in attributes:
            return attributes[node.attr]
    return Unread(ast.unparse(node))


def _computed(node: ast.UnaryOp | ast.BinOp, scopes: Scopes) -> Any:
    """Return a number. It is computed in floats, so that no power can fill the memory."""
    operands = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
    values = [literal(operand, scopes) for operand in operands]
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in values):
        return Unread(ast.unparse(node))
    try:
        if isinstance(node, ast.BinOp):
            compute = _OPERATORS.get(type(node.op))
            found = compute(float(values[0]), float(values[1])) if compute else None
        else:
            signs = {ast.USub: -values[0], ast.UAdd: values[0]}
            found = signs.get(type(node.op))
    except (ArithmeticError, ValueError):
        found = None
    return found if isinstance(found, int | float) else Unread(ast.unparse(node))
