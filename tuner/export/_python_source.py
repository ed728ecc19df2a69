"""Plain values as Python source."""

import json
from typing import Any


class Code(str):
    """Source code among plain values."""

    __slots__ = ()


def literal(value: Any) -> str:
    """Return the source of a plain value (None, booleans, numbers, texts, lists, mappings of texts) or of `Code`."""
    if isinstance(value, Code):
        return str(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # in double quotes; the escapes that are left are Python's too
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(inner) for inner in value) + "]"
    return repr(value)


def call(function: str, *arguments: Any, **keywords: Any) -> str:
    """Return the source of a call with plain values; keywords that are not identifiers are passed as a mapping."""
    named = [f"{name}={literal(value)}" for name, value in keywords.items() if name.isidentifier()]
    others = {name: value for name, value in keywords.items() if not name.isidentifier()}
    mapped = [f"**{literal(others)}"] if others else []
    return f"{function}({', '.join([*map(literal, arguments), *named, *mapped])})"
