"""Python expressions in RL Zoo's files, such as "dict(net_arch=[400, 300], log_std_init=-3)", read without running."""

import ast
from typing import Any

from tuner.errors import UserError


def read_expression(text: str, where: str) -> Any:
    """Return the value of an expression of plain values; `nn.ReLU` and other names become their last part, "ReLU".

    Args:
        text: the expression. It may have numbers, texts, lists, tuples, dictionaries and calls of `dict`.
        where: its place, for the error.

    Raises:
        UserError: if it has anything else.
    """
    try:
        return _value(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UserError(
            f"{where} is {text!r}, which cannot be read as plain values. Write it as a mapping instead, such as "
            "{net_arch: [256, 256], activation_fn: relu}."
        ) from error


def _value(node: ast.expr) -> Any:
    match node:
        case ast.List() | ast.Tuple():
            return [_value(element) for element in node.elts]
        case ast.Dict():
            return {_key(key): _value(value) for key, value in zip(node.keys, node.values, strict=True)}
        case ast.Call(func=ast.Name(id="dict"), args=[]):
            return {_key(keyword.arg): _value(keyword.value) for keyword in node.keywords}
        case ast.Name():
            return node.id
        case ast.Attribute():
            return node.attr
    return ast.literal_eval(node)


def _key(key: ast.expr | str | None) -> str:
    found = key if isinstance(key, str | None) else _value(key)
    if not isinstance(found, str):
        raise ValueError("keys are texts")
    return found
