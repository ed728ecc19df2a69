"""The values of Python expressions that can be computed without running code: constants, names, arithmetic, calls.

Nothing of the file is called. Of the standard library's functions the harmless ones in `_FUNCTIONS` are; a call of
anything else with keyword arguments becomes a `Section` with these, which is what a configuration class would hold.
"""

import ast
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from tuner.actions.audit._dimension import MOST_DIMENSIONS
from tuner.actions.audit.config_files._values import Section, Unknown

CONSTANTS = MappingProxyType({"pi": math.pi, "inf": math.inf})
"""Attributes that all of `MODULES` have."""
MODULES = frozenset({"math", "np", "numpy", "torch", "jnp"})
_MATHEMATICS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "radians": math.radians,
        "deg2rad": math.radians,
        "degrees": math.degrees,
        "sqrt": math.sqrt,
        "array": list,
        "tensor": list,
        "asarray": list,
    }
)
_FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "abs": abs,
        "enumerate": lambda *of: [list(pair) for pair in enumerate(*of)],
        "float": float,
        "int": int,
        "len": len,
        "list": list,
        "max": max,
        "min": min,
        "range": lambda *of: list(_short(range(*of))),
        "reversed": lambda of: list(reversed(of)),
        "round": round,
        "sorted": sorted,
        "str": lambda of: key_text(of),
        "sum": sum,
        "tuple": list,
        "zip": lambda *of: [list(row) for row in zip(*of, strict=False)],
    }
)
_ARITHMETIC: Mapping[type[ast.operator], Callable[[float, float], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.Pow: operator.pow,
    }
)
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = MappingProxyType(
    {
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
        ast.In: lambda left, right: left in right,
        ast.NotIn: lambda left, right: left not in right,
        ast.Is: lambda left, right: left is right,
        ast.IsNot: lambda left, right: left is not right,
    }
)
_EXACT = 2**53
"""Floats hold whole numbers exactly up to this one."""
_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What computing with unfit values raises; the expression is then unknown."""


class Names(Protocol):
    """What the expressions of a scope need from the reader of the file."""

    def step(self) -> None:
        """Count a step; raise `TooLongError` after too many."""

    def look_up(self, name: str) -> Any:
        """Return what a name stands for; `Unknown` if it is not known."""

    def place(self, node: ast.AST) -> str:
        """Return the file and the line of a node."""

    def call(self, node: ast.Call) -> Any:
        """Return what a call gives; `Unknown` if that is not known."""

    def each(self, loops: Sequence[ast.comprehension], then: Callable[[], None]) -> bool:
        """Do something for each turn of a comprehension's loops; return False if they cannot be followed."""


def evaluate(node: ast.expr, names: Names) -> Any:
    """Return the value of an expression; `Unknown` if it cannot be computed.

    Tuples become lists, and dicts and calls of unknown classes become sections.
    """
    names.step()
    compute = _NODES.get(type(node))
    if compute is None:
        return unknown(node, names)
    try:
        return compute(node, names)
    except _FAULTS:
        return unknown(node, names)


def unknown(node: ast.expr, names: Names) -> Unknown:
    """Return the unknown value of an expression."""
    return Unknown(ast.unparse(node), names.place(node))


def is_known(value: Any) -> bool:
    """Say whether a value, and all that it holds, could be computed."""
    left, seen = [value], set[int]()
    while left:
        entry = left.pop()
        if isinstance(entry, Unknown) or (isinstance(entry, Section) and entry.partial):
            return False
        if isinstance(entry, Section | list) and id(entry) not in seen:
            seen.add(id(entry))
            left += entry.values() if isinstance(entry, Section) else entry
    return True


def key_text(value: Any) -> str:
    """Return the key of a dict as text.

    Raises:
        TypeError: if it is not a text, a number or another constant.
    """
    if value is not None and not isinstance(value, str | int | float):
        raise TypeError(type(value).__name__)
    return str(value)


def known_function(node: ast.expr) -> Callable[..., Any] | None:
    """Return the harmless function that an expression such as `float` or `np.deg2rad` names; None for any other."""
    if isinstance(node, ast.Name):
        return _FUNCTIONS.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in MODULES:
        return _MATHEMATICS.get(node.attr)
    return None


def _short(values: Any) -> Any:
    """Return a list or a text that is short enough to be one of a configuration.

    Raises:
        ValueError: if it is longer.
    """
    if len(values) > MOST_DIMENSIONS:
        raise ValueError("too long")
    return values


def _constant(node: ast.Constant, names: Names) -> Any:
    plain = node.value is None or isinstance(node.value, bool | int | float | str)
    return node.value if plain else unknown(node, names)


def _sequence(node: ast.Tuple | ast.List, names: Names) -> Any:
    values: list[Any] = []
    for entry in node.elts:
        if isinstance(entry, ast.Starred):
            inner = evaluate(entry.value, names)
            if not isinstance(inner, list):
                return unknown(node, names)
            values += inner
        else:
            values.append(evaluate(entry, names))
    return _short(values)


def _dict(node: ast.Dict, names: Names) -> Any:
    section = Section()
    for key, value in zip(node.keys, node.values, strict=True):
        found = evaluate(value, names)
        if key is not None:
            section.put(key_text(evaluate(key, names)), found, names.place(key))
        elif isinstance(found, Section):
            section.take_from(found)
        else:  # anything before it may be replaced
            for name in section:
                section[name] = found
            section.partial = True
    return section


def _name(node: ast.Name, names: Names) -> Any:
    return names.look_up(node.id)


def _attribute(node: ast.Attribute, names: Names) -> Any:
    if isinstance(node.value, ast.Name) and node.value.id in MODULES and node.attr in CONSTANTS:
        return CONSTANTS[node.attr]
    return _entry(evaluate(node.value, names), node.attr, node, names)


def _subscript(node: ast.Subscript, names: Names) -> Any:
    owner = evaluate(node.value, names)
    if isinstance(node.slice, ast.Slice):
        bounds = (node.slice.lower, node.slice.upper, node.slice.step)
        ends = [None if bound is None else evaluate(bound, names) for bound in bounds]
        return owner[slice(*ends)]
    key = evaluate(node.slice, names)
    return owner[key] if isinstance(owner, list | str) else _entry(owner, key_text(key), node, names)


def _entry(owner: Any, name: str, node: ast.expr, names: Names) -> Any:
    if not isinstance(owner, Section):
        return unknown(node, names)
    if name in owner:
        return owner[name]
    return Unknown(ast.unparse(node), names.place(node), home=(owner, name))


def _unary(node: ast.UnaryOp, names: Names) -> Any:
    value = evaluate(node.operand, names)
    if isinstance(node.op, ast.Not):
        return (not value) if is_known(value) else unknown(node, names)
    if not _is_number(value):
        return unknown(node, names)
    signed = {ast.USub: -value, ast.UAdd: value}
    return signed[type(node.op)]


def _binary(node: ast.BinOp, names: Names) -> Any:
    left, right = evaluate(node.left, names), evaluate(node.right, names)
    return combine(node.op, left, right, unknown(node, names))


def combine(sign: ast.operator, left: Any, right: Any, otherwise: Unknown) -> Any:
    """Return the sum, difference, product, quotient or power of numbers, or joined or repeated lists.

    Args:
        sign: the operator.
        left: the value before it.
        right: the value after it.
        otherwise: the result if it cannot be computed.
    """
    joined = isinstance(sign, ast.Add) and isinstance(left, list | str) and type(left) is type(right)
    if joined:
        return _short(left + right)
    if isinstance(left, list) and isinstance(right, int) and isinstance(sign, ast.Mult):
        return left * right if len(left) * max(right, 0) <= MOST_DIMENSIONS else otherwise
    compute = _ARITHMETIC.get(type(sign))
    if compute is None or not (_is_number(left) and _is_number(right)):
        return otherwise
    try:
        found = compute(float(left), float(right))  # in floats, so that no power can fill the memory
    except ArithmeticError:
        return otherwise
    if not isinstance(found, float):  # a root of a negative number
        return otherwise
    whole = isinstance(left, int) and isinstance(right, int) and not isinstance(sign, ast.Div)
    return int(found) if whole and found.is_integer() and abs(found) <= _EXACT else found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _compare(node: ast.Compare, names: Names) -> Any:
    values = [evaluate(side, names) for side in (node.left, *node.comparators)]
    if not all(is_known(value) for value in values):
        return unknown(node, names)
    pairs = zip(node.ops, values, values[1:], strict=False)
    return all(_COMPARISONS[type(sign)](left, right) for sign, left, right in pairs)


def _boolean(node: ast.BoolOp, names: Names) -> Any:
    decides = isinstance(node.op, ast.Or)
    for side in node.values:
        value = evaluate(side, names)
        if not is_known(value):
            return unknown(node, names)
        if bool(value) is decides:
            return value
    return value


def _choice(node: ast.IfExp, names: Names) -> Any:
    test = evaluate(node.test, names)
    if not is_known(test):
        return unknown(node, names)
    return evaluate(node.body if test else node.orelse, names)


def _text(node: ast.JoinedStr, names: Names) -> Any:
    parts = []
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            value = evaluate(part.value, names)
            if part.format_spec is not None or part.conversion != -1 or not isinstance(value, str | int | float):
                return unknown(node, names)
            parts.append(str(value))
        else:
            parts.append(str(evaluate(part, names)))
    return _short("".join(parts))


def _list_comprehension(node: ast.ListComp | ast.GeneratorExp, names: Names) -> Any:
    values: list[Any] = []
    followed = names.each(node.generators, lambda: values.append(evaluate(node.elt, names)))
    return values if followed else unknown(node, names)


def _dict_comprehension(node: ast.DictComp, names: Names) -> Any:
    section = Section()

    def put() -> None:
        section.put(key_text(evaluate(node.key, names)), evaluate(node.value, names), names.place(node.key))

    return section if names.each(node.generators, put) else unknown(node, names)


def _call(node: ast.Call, names: Names) -> Any:
    return names.call(node)


def called(function: Callable[..., Any], values: Iterable[Any]) -> Any:
    """Return what a harmless function gives.

    Raises:
        ValueError: if a value is not known, or the result is too long.
    """
    given = [list(value) if isinstance(value, Section) else value for value in values]
    if not all(is_known(value) for value in given if not isinstance(value, list)):
        raise ValueError("not known")
    found = function(*given)
    return _short(found) if isinstance(found, list | str) else found


_NODES: Mapping[type[ast.expr], Callable[[Any, Names], Any]] = MappingProxyType(
    {
        ast.Attribute: _attribute,
        ast.BinOp: _binary,
        ast.BoolOp: _boolean,
        ast.Call: _call,
        ast.Compare: _compare,
        ast.Constant: _constant,
        ast.Dict: _dict,
        ast.DictComp: _dict_comprehension,
        ast.GeneratorExp: _list_comprehension,
        ast.IfExp: _choice,
        ast.JoinedStr: _text,
        ast.List: _sequence,
        ast.ListComp: _list_comprehension,
        ast.Name: _name,
        ast.Subscript: _subscript,
        ast.Tuple: _sequence,
        ast.UnaryOp: _unary,
    }
)
