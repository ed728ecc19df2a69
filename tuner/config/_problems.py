"""What is wrong with a study file or with options: where, what was given, what is allowed, what was probably meant."""

import math
import re
import reprlib
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tuner.config._schema import keys_at, paths_near
from tuner.config._types import Frozen
from tuner.errors import UserError, nearest
from tuner.passwords import mask_passwords

Model = TypeVar("Model", bound=Frozen)


def parse_options(model: type[Model], options: Mapping[str, Any], where: str) -> Model:
    """Return a mapping of options as a checked model.

    Args:
        model: what is allowed.
        options: what the user gave.
        where: the mapping's place in the study file, such as `task.options`.

    Raises:
        UserError: if an option is unknown or wrong; all mistakes at once, each with what is allowed.
    """
    try:
        return model.model_validate(dict(options))
    except ValidationError as error:
        problems = [f"{where}.{problem}" for problem in describe_problems(error, model, options)]
        raise UserError("\n  ".join(["The options cannot be used:", *problems])) from error


_SCALAR = "a number, a text, true, false or null"
_NEEDED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "string_type": "a text",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "list_type": "a list",
    "dict_type": "a mapping of keys to values",
    "string_too_short": "a text that is not empty",
    "too_short": "a list that is not empty",
    "recursion_loop": "a value that does not contain itself",
    "string_pattern_mismatch": "letters, digits, '_', '.' or '-', with a letter or digit first",
}
_BOUNDS = {"greater_than": "more than {gt:g}", "greater_than_equal": "at least {ge:g}"}
_BOUNDS |= {"less_than": "less than {lt:g}", "less_than_equal": "at most {le:g}"}


class _Shortened(reprlib.Repr):
    def repr_str(self, text: str, level: int) -> str:
        """Mask passwords before the text is cut: half a password could not be recognised."""
        return super().repr_str(mask_passwords(text), level)


_SHORTENED = _Shortened()
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_TAGS = {"[key]", "list", "dict", "str", "int", "float", "bool"}
"""What pydantic appends to a location inside a JSON value."""

Path = tuple[str | int, ...]


def describe_problems(error: ValidationError, model: type[BaseModel], data: Any = None) -> list[str]:
    """Return one line for each place that is wrong.

    Args:
        error: what pydantic found.
        model: what describes the values.
        data: the plain values that the error is about; None if they are not known.
    """
    lines: dict[Path, str] = {}
    for details in error.errors(include_url=False):
        path = _path(details, data) if data is not None else _path_alone(details)
        if path in lines and details["type"] != "extra_forbidden":
            lines[path] = _needs(path, _SCALAR, details["input"])  # each member of a union reports an error of its own
        else:
            lines[path] = _describe(path, details, model)
        if details["type"] == "too_short" and any(other[:-1] == path for other in lines):
            del lines[path]  # pydantic counts elements that are wrong, and named already, as missing
    return list(lines.values())


def _path(details: ErrorDetails, data: Any) -> Path:
    """Return the part of pydantic's location that lies in the data; it appends names of types and validators."""
    path: list[str | int] = []
    for key in details["loc"]:
        in_mapping = isinstance(data, Mapping) and key in data
        in_list = isinstance(data, list | tuple) and isinstance(key, int) and key < len(data)
        if in_mapping or in_list:
            data = data[key]
            path.append(key)
        elif details["type"] == "missing":
            path.append(key)
    return tuple(path)


def _path_alone(details: ErrorDetails) -> Path:
    """Return pydantic's location without the names of types that it appends."""
    return tuple(key for key in details["loc"] if key not in _TAGS)


def _describe(path: Path, details: ErrorDetails, model: type[BaseModel]) -> str:
    kind, given, context = details["type"], details["input"], details.get("ctx", {})
    if kind == "extra_forbidden":
        known = keys_at(path[:-1], model) or []
        guess = nearest(str(path[-1]), known)
        guesses = [guess] if guess else paths_near(str(path[-1]), model)
        hint = f" Did you mean {' or '.join(repr(guess) for guess in guesses)}?" if guesses else ""
        return f"{_dotted(path)}: there is no such key.{hint} Allowed: {_listed(known)}."
    if kind == "missing":
        keys = keys_at(path, model) or []
        return f"{_dotted(path)}: is missing{f'; it has the keys {_listed(keys)}' if keys else ''}."
    if kind == "literal_error":
        allowed = str(context.get("expected", ""))
        guess = nearest(str(given), [name.strip("' ") for name in allowed.replace(" or ", ",").split(",")])
        hint = f" Did you mean '{guess}'?" if guess else ""
        return f"{_needs(path, allowed, given)}{hint}"
    if kind == "value_error":
        return f"{_dotted(path)}: {context.get('error', details['msg'])}."
    if kind in _BOUNDS:
        return _needs(path, _BOUNDS[kind].format(**context), given)
    if kind == "model_type":
        return _needs(path, f"a mapping with the keys {_listed(keys_at(path, model) or [])}", given)
    return _needs(path, _NEEDED[kind], given) if kind in _NEEDED else f"{_dotted(path)}: {details['msg']}."


def _needs(path: Path, needed: str, given: Any) -> str:
    comma = isinstance(given, str) and "number" in needed and _DECIMAL_COMMA.fullmatch(given)
    hint = f" Numbers have a decimal point: {given.replace(',', '.')}." if comma else ""
    return f"{_dotted(path)}: needs {needed}, but {_shown(given)} was given.{hint}"


def _listed(keys: list[str]) -> str:
    return ", ".join(keys)


def _dotted(path: Path) -> str:
    return ".".join(str(key) for key in path) or "all of it"


def _shown(value: Any) -> str:
    """Return the value as it would stand in YAML, shortened."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return _SHORTENED.repr(value)
