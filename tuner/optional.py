"""Import late: packages that only some users have, and parts of this package that are heavy."""

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

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


def lazy_attributes(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__`, which imports the module of a name when the name is first used.

    Args:
        package: the package's `__name__`.
        modules: each public name that is imported this way, with the module of the package that defines it.
    """

    def attribute(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(import_module(f"{package}.{modules[name]}"), name)

    return attribute
