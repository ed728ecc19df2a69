"""Options that a study file passes on, such as `task.options`, checked by whoever takes them."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from tuner.config._base import Frozen
from tuner.config._problems import describe_problems
from tuner.errors import UserError

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
