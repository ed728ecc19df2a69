"""The user's wrappers of an environment, and Gymnasium's own that make its observations and actions flat."""

from collections.abc import Callable, Mapping
from functools import partial
from types import ModuleType
from typing import Annotated, Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.wrappers import FlattenObservation, TransformAction
from pydantic import BeforeValidator, Field, JsonValue

from tuner.config import Frozen, Listed
from tuner.errors import UserError, unknown_name
from tuner.resources import is_file_reference
from tuner.tracebacks import described, with_users_line
from tuner.user_code import load_named, load_object

_FORM = "a list of module:Class or {module:Class: {argument: value}}"


class EnvWrapper(Frozen):
    """One wrapper, and the arguments that it gets beside the environment."""

    reference: str = Field(min_length=1)
    """`module:Class`, or `path/to/file.py:Class`."""
    kwargs: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def module(self) -> str:
        """The module, or the Python file."""
        return self.reference.rpartition(":")[0]

    @property
    def name(self) -> str:
        """The class, or another function of an environment that returns one."""
        return self.reference.rpartition(":")[2]

    def apply(self, env: gym.Env[Any, Any]) -> gym.Env[Any, Any]:
        """Return the environment in this wrapper.

        Raises:
            UserError: if there is no such wrapper, it raises, or it returns something else than an environment.
        """
        wrapper = self._load()
        try:
            wrapped = wrapper(env, **self.kwargs)
        except (Exception, SystemExit) as error:
            message = f"The wrapper {self.reference} failed: {described(error)}"
            raise UserError(with_users_line(message, error)) from error
        if not isinstance(wrapped, gym.Env):
            raise UserError(f"The wrapper {self.reference} returned a {type(wrapped).__name__}, not an environment.")
        return wrapped

    def _load(self) -> Callable[..., Any]:
        if is_file_reference(self.reference):
            found = load_object(self.reference)
        else:
            module = load_named(self.module)
            found = getattr(module, self.name, None)
            if found is None:
                raise unknown_name("wrapper", self.name, _classes(module), where=f"in {self.module}")
        if not callable(found):
            raise UserError(f"The wrapper {self.reference} is a {type(found).__name__}, not a class.")
        return found  # type: ignore[no-any-return]


def _listed_wrappers(given: Any) -> list[dict[str, Any]]:
    """Return wrappers as RL Zoo's files have them: one or a list, each a name or a mapping of a name to arguments."""
    wrappers = given if isinstance(given, list | tuple) else [given]
    return [_named_wrapper(wrapper) for wrapper in wrappers if wrapper is not None]


def _named_wrapper(given: Any) -> dict[str, Any]:
    if isinstance(given, EnvWrapper):
        return given.model_dump()
    entries = given.items() if isinstance(given, Mapping) else [(given, {})]
    if len(entries) != 1:
        raise ValueError(f"needs {_FORM}, but {given!r} was given")
    ((reference, kwargs),) = entries
    if not isinstance(reference, str) or not isinstance(kwargs, Mapping | None):
        raise ValueError(f"needs {_FORM}, but {given!r} was given")
    module, colon, name = reference.rpartition(":")
    if not colon:
        module, _, name = reference.rpartition(".")  # RL Zoo's own way to write it
    if not module or not name.isidentifier():
        raise ValueError(f"needs {_FORM}, such as gymnasium.wrappers:TimeAwareObservation, but {reference!r} was given")
    return {"reference": f"{module}:{name}", "kwargs": dict(kwargs or {})}


Wrappers = Annotated[tuple[EnvWrapper, ...], Listed, BeforeValidator(_listed_wrappers)]
"""Wrappers from the innermost to the outermost, as RL Zoo's files have them: `module:Class`, or `{module:Class:
{argument: value}}`; one may stand without a list, and RL Zoo's `module.Class` will do."""


def flat(env: gym.Env[Any, Any]) -> gym.Env[Any, Any]:
    """Return the environment with observations and actions of one dimension, in Gymnasium's own wrappers where needed.

    Args:
        env: observations of a kind that Gymnasium can flatten to a Box, actions in a Box.
    """
    if not is_flat(env.observation_space):
        env = FlattenObservation(env)
    own = env.action_space
    if not is_flat(own):
        env = TransformAction(env, partial(spaces.unflatten, own), spaces.flatten_space(own))
    return env


def is_flat(space: spaces.Space[Any]) -> bool:
    """Return whether a space is a Box of one dimension."""
    return isinstance(space, spaces.Box) and len(space.shape) == 1


def refused_actions(space: spaces.Space[Any]) -> str | None:
    """Return in words what kind of actions a space has that have no bounds; None for a Box of real numbers."""
    if isinstance(space, spaces.Box):
        return None if np.issubdtype(space.dtype, np.floating) else f"actions in whole numbers, {space}"
    kinds = {"Discrete": "discrete", "MultiDiscrete": "multi-discrete", "MultiBinary": "binary"}
    return f"{kinds.get(type(space).__name__, 'composite')} actions, {space}"


def _classes(module: ModuleType) -> list[str]:
    return [name for name, value in vars(module).items() if isinstance(value, type) and not name.startswith("_")]
