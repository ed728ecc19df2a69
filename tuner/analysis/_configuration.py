"""A configuration as people read it: names and values, one pair a line."""

from collections.abc import Iterator
from typing import Any


def agent_rows(agent: dict[str, Any]) -> list[tuple[str, str]]:
    """Return an `AgentConfig` in JSON as names and values for people; what is absent or None is left out."""
    return [(name, _text(value)) for name, value in _flat(agent) if value is not None]


def _flat(agent: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in agent.items():
        if name == "action_box" and value is not None:
            yield name, _box_text(value)
        elif isinstance(value, dict):
            prefix = "" if name == "arguments" else f"{name}."
            yield from ((prefix + inner, setting) for inner, setting in _flat(value))
        elif isinstance(value, list):
            yield name, ", ".join(_text(item) for item in value)
        else:
            yield name, value


def _box_text(box: dict[str, list[float]]) -> str:
    bounds = zip(box["low"], box["high"], strict=True)
    pairs = [f"{_text(low)} … {_text(high)}" for low, high in bounds]
    if len(set(pairs)) > 1:
        return ", ".join(pairs)
    return pairs[0] if len(pairs) == 1 else f"{pairs[0]} in each of {len(pairs)} dimensions"


def _text(value: object) -> str:
    """Return a value; floats with four significant digits."""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value)
    return f"{value:.4g}"
