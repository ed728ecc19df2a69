"""Import packages that only some users have, with an error that says how to get them."""

from importlib import import_module
from types import ModuleType

from tuner.errors import UserError


def require(module: str, purpose: str, install: str) -> ModuleType:
    """Import and return `module`.

    Args:
        module: dotted module name.
        purpose: what it is needed for, completing "… is needed for".
        install: the command that installs it.

    Raises:
        UserError: if the module is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and module.split(".")[0] != error.name.split(".")[0]:
            raise  # installed, but one of its own dependencies is missing: say which
        raise UserError(f"'{module}' is needed for {purpose}. Install it with: {install}") from error
