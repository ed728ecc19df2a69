"""Check the options that a study file passes on to one of Optuna's classes."""

import collections.abc
import inspect
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, get_type_hints

import optuna
from optuna.exceptions import ExperimentalWarning
from pydantic import ConfigDict, TypeAdapter, ValidationError

from tuner.errors import UserError, nearest


def checked_options(
    make: Callable[..., Any],
    options: Mapping[str, Any],
    *,
    place: str,
    given: Collection[str] = (),
    translated: Collection[str] = (),
) -> None:
    """Check option names, and the types of their values, against what a class takes.

    Args:
        make: the class or function that the options go to.
        options: what the user wrote.
        place: whose options they are, for the message ("sampler 'tpe'").
        given: arguments that the platform fills in, which the user may not set.
        translated: arguments that the user writes differently; their types are not checked here.

    Raises:
        UserError: for an unknown option, one that the platform sets itself, a missing one, or a value of a wrong type.
    """
    parameters = {
        name: parameter
        for name, parameter in inspect.signature(make).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    allowed = [name for name in parameters if name not in given]
    known = f"Known options: {', '.join(sorted(allowed)) or 'none'}."
    for name in options:
        if name in given:
            raise UserError(f"The {place} takes its '{name}' from elsewhere in the study file, not from its options.")
        if name not in allowed:
            guess = nearest(name, allowed)
            hint = f" Did you mean '{guess}'?" if guess else ""
            raise UserError(f"The {place} has no option '{name}'.{hint} {known}")
    missing = [name for name in allowed if parameters[name].default is inspect.Parameter.empty and name not in options]
    if missing:
        raise UserError(f"The {place} needs the option '{missing[0]}'. {known}")
    annotations = _annotations(make)
    for name, value in options.items():
        if name in annotations and name not in translated:
            _check_type(name, value, annotations[name], place)


def _annotations(make: Callable[..., Any]) -> dict[str, Any]:
    """Return the types of a class's arguments, if they are known; Optuna imports some names for type checkers only."""
    checkers_only = {**vars(collections.abc), **vars(optuna.study), **vars(optuna.trial), **vars(optuna.distributions)}
    target = make.__init__ if inspect.isclass(make) else make
    try:
        return get_type_hints(target, localns=checkers_only)
    except NameError:
        return {}


def _check_type(name: str, value: Any, annotation: Any, place: str) -> None:
    adapter = TypeAdapter(annotation, config=ConfigDict(arbitrary_types_allowed=True, strict=True))
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        wanted = inspect.formatannotation(annotation)
        raise UserError(f"The {place} takes {wanted} as its option '{name}', but is given {value!r}.") from error


@contextmanager
def without_experimental_warnings() -> Iterator[None]:
    """Hide Optuna's warnings about experimental arguments, which the user did not choose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield
