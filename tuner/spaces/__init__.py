"""Search spaces: Python functions that turn an Optuna trial into an `AgentConfig`."""

from tuner.spaces._action_bounds import ACTION_BOUNDS_SOURCES
from tuner.spaces._load import bundled_spaces, load_space
from tuner.spaces._replay import log2_for_one_step, replay_arguments
from tuner.spaces._space import SearchSpace, SpaceFunction, WarmStart, search_space
from tuner.spaces._trial import SpaceTrial, Suggester

__all__ = [
    "ACTION_BOUNDS_SOURCES",
    "SearchSpace",
    "SpaceFunction",
    "SpaceTrial",
    "Suggester",
    "WarmStart",
    "bundled_spaces",
    "load_space",
    "log2_for_one_step",
    "replay_arguments",
    "search_space",
]
