"""Check the options that a study file passes on to one of Optuna's classes."""

import inspect
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from optuna.exceptions import ExperimentalWarning

from tuner.errors import UserError, nearest


def checked_options(
    make: Callable[..., Any], options: Mapping[str, Any], *, place: str, given: Collection[str] = ()
) -> None:
    """Check option names against what a class takes.

    Args:
        make: the class or function that the options go to.
        options: what the user wrote.
        place: whose options they are, for the message ("sampler 'tpe'").
        given: arguments that the platform fills in, which the user may not set.

    Raises:
        UserError: for an unknown option, one that the platform sets itself, or a missing one.
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


@contextmanager
def without_experimental_warnings() -> Iterator[None]:
    """Keep Optuna's warnings about experimental arguments from the user, who did not choose them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield
