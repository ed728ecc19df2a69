"""Which keys a mapping can have at which place, read off the models."""

from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue

from tuner.errors import nearest


def keys_at(path: Sequence[str | int], model: type[BaseModel]) -> list[str] | None:
    """Return the keys that the value at a path can have.

    Args:
        path: keys from the top; it need not exist.
        model: what describes the top.

    Returns:
        The names of the keys, none for a single value or a list; None where the user chooses them (`fixed`, options).
    """
    place: Any = model
    for key in path:
        if place is JsonValue:
            return None
        if _is_model(place):
            field = {field.alias or name: field for name, field in place.model_fields.items()}.get(key)
            place = _bare(field.annotation) if field is not None else None
        elif get_origin(place) is dict:
            place = _bare(get_args(place)[1])
        else:
            return []
    if place is JsonValue or get_origin(place) is dict:
        return None
    return [field.alias or name for name, field in place.model_fields.items()] if _is_model(place) else []


def paths_near(name: str, model: type[BaseModel]) -> list[str]:
    """Return the dotted paths of the keys, at any depth below `model`, that `name` most likely means; [] if none."""
    paths = _paths(model)
    guess = nearest(name, {path.rpartition(".")[2] for path in paths})
    return [path for path in paths if path.rpartition(".")[2] == guess]


def _paths(model: type[BaseModel]) -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        key, below = field.alias or name, _bare(field.annotation)
        found.append(key)
        if _is_model(below):
            found += [f"{key}.{path}" for path in _paths(below)]
    return found


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _bare(annotation: Any) -> Any:
    """Return the annotation without `Annotated[…]` and without `| None`."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        members = [member for member in get_args(annotation) if member is not type(None)]
        return _bare(members[0]) if len(members) == 1 else annotation
    return annotation
