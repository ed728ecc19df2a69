"""Configurations that people have, in the names of SBX's arguments, as warm starts of a study."""

from tuner.config.recipes._flatten import flatten
from tuner.config.recipes._read import as_recipe_file, read_recipe
from tuner.config.recipes._recipe import Recipe
from tuner.config.recipes._vocabulary import ARGUMENTS, ELSEWHERE, FIELDS, NETWORK, SETTINGS, agent_of, values_of

__all__ = [
    "ARGUMENTS",
    "ELSEWHERE",
    "FIELDS",
    "NETWORK",
    "SETTINGS",
    "Recipe",
    "agent_of",
    "as_recipe_file",
    "flatten",
    "read_recipe",
    "values_of",
]
