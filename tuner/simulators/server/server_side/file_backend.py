"""A backend from a user's file, for other simulators."""

import importlib.util
import sys
from pathlib import Path

from .task import Backend, RefusedError


def create(path: str) -> Backend:
    """Return what the function `create()` of a Python file returns.

    Raises:
        RefusedError: if there is no such file, or it has no such function.
    """
    spec = importlib.util.spec_from_file_location("simulator_backend", path)
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise RefusedError(f"There is no Python file {path} with a backend.")
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulator_backend"] = module
    spec.loader.exec_module(module)
    if not hasattr(module, "create"):
        raise RefusedError(f"{path} has no function create() that returns a backend.")
    backend: Backend = module.create()
    return backend
