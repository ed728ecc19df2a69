"""Search spaces: Python functions that turn an Optuna trial into an `AgentConfig`."""

from tuner.spaces._bound_sources import ACTION_BOUNDS_SOURCES
from tuner.spaces._load import bundled_spaces, load_space
from tuner.spaces._ranges import allows, described
from tuner.spaces._replay_ratio import log2_for_one_step, replay_arguments
from tuner.spaces._space import SearchSpace, SpaceFunction, WarmStart, search_space
from tuner.spaces._space_trial import SpaceTrial, Suggester
from tuner.spaces._steps_to_target import stated_steps, steps_to_target

__all__ = [
    "ACTION_BOUNDS_SOURCES",
    "SearchSpace",
    "SpaceFunction",
    "SpaceTrial",
    "Suggester",
    "WarmStart",
    "allows",
    "bundled_spaces",
    "described",
    "load_space",
    "log2_for_one_step",
    "replay_arguments",
    "search_space",
    "stated_steps",
    "steps_to_target",
]
