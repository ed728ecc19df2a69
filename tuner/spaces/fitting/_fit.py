"""Express a configuration in the parameters of a search space."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution

from tuner.config import SBX_DEFAULTS, AgentConfig, Algorithm, TaskConfig
from tuner.config.recipes import ARGUMENTS, ELSEWHERE, SETTINGS, Recipe, agent_of
from tuner.errors import UserError, unknown_name
from tuner.spaces._ranges import allows, described
from tuner.spaces._space import SearchSpace
from tuner.spaces.fitting._compare import Comparison
from tuner.spaces.fitting._remarks import Remark
from tuner.spaces.fitting._search import Wanted, come_near, influences
from tuner.spaces.fitting._traits import IN_UNITS, traits_decided_by, traits_of
from tuner.spaces.fitting._try_out import Tried, TryOut

_LEFT_OUT = 0.1
"""Importance of what a configuration leaves out, and has from SBX, beside what it says."""
_BOUNDS = ("action_bound_fraction", "action_box", "action_box.low", "action_box.high")


@dataclass(frozen=True)
class Fit:
    """A configuration in the parameters of a search space."""

    parameters: dict[str, Any]
    agent: AgentConfig
    """What the space makes of them."""
    remarks: tuple[Remark, ...]
    """One for each value of the configuration."""


def fit_recipe(space: SearchSpace, recipe: Recipe, task: TaskConfig, *, fixed: Mapping[str, Any]) -> Fit:
    """Return the parameters with which a search space comes nearest to a configuration.

    Args:
        space: the search space, with the study's action bounds if it has any.
        recipe: the configuration. Values under names of the space's own parameters are taken as they are.
        task: what the agent is for.
        fixed: parameters of the space that the study pins.

    Raises:
        UserError: for a name that neither SBX nor the space has, a value that cannot be what it is given for, a
            configuration of another algorithm, and a space that fails.
    """
    own = own_values(recipe)
    explored = space.explore(task, wanted=own)
    bounds = explored.bounds.own if explored.bounds is not None else {}
    pinned = {**bounds, **own, **fixed}
    try_out = TryOut(space, task)
    start = try_out.begin({**recipe.parameters, **pinned})
    algorithm = start.built.algorithm
    check_own(own, explored.distributions, f"the configuration '{recipe.name}'", algorithm)
    check_arguments(recipe, algorithm, explored.distributions)
    target = recipe.agent(algorithm, num_envs=task.num_envs)
    deciding = influences(try_out, start, pinned=pinned.keys())
    values = recipe.values_for(algorithm, num_envs=task.num_envs)
    wanted = _wanted(recipe.values, values, target, start.built, task, bounded=space.action_bounds is not None)
    exported = _exported(recipe, start, deciding, pinned)
    nearest = come_near(try_out, start, wanted, deciding, pinned={*pinned, *exported})
    comparison = Comparison(try_out, nearest, target, deciding, own=own, fixed=fixed, exported=exported)
    return Fit(nearest.parameters, nearest.built, tuple(comparison.remarks(recipe, values)))


def _exported(
    recipe: Recipe, start: Tried, deciding: Mapping[str, Collection[str]], pinned: Collection[str]
) -> set[str]:
    """Return the parameters to take from an export as they are: all but those that decide what the user wrote.

    None if the export does not have all that the space asks for, or has values out of its ranges.
    """
    free = start.parameters.keys() - set(pinned)
    if not free or any(recipe.parameters.get(name) != start.parameters[name] for name in free):
        return set()
    written = {trait for name in recipe.values for trait in traits_decided_by(name, deciding)}
    return free - {name for trait in written for name in deciding[trait]}


def own_values(recipe: Recipe) -> dict[str, Any]:
    """Return the values that a user wrote under names of a search space's own parameters, known or not."""
    return {name: value for name, value in recipe.values.items() if name not in SETTINGS | ELSEWHERE.keys()}


def check_own(
    own: Mapping[str, Any], ranges: Mapping[str, BaseDistribution], where: str, algorithm: Algorithm | None = None
) -> None:
    """Check parameters of a search space by their names and ranges.

    Args:
        own: the parameters.
        ranges: what the space can draw.
        where: what gives them, for the message: "the configuration 'mine'".
        algorithm: the space's, if its arguments could have been given as well.

    Raises:
        UserError: for the first that is unknown or out of its range.
    """
    for name, value in own.items():
        if name not in ranges:
            settings = () if algorithm is None else {*SBX_DEFAULTS[algorithm], *(SETTINGS - ARGUMENTS)}
            raise unknown_name("parameter", name, {*ranges, *settings}, where=f"in {where}")
        if not allows(ranges[name], value):
            allowed = described(ranges[name])
            raise UserError(f"The parameter '{name}' in {where} is {value!r}, but the search space allows {allowed}.")


def check_arguments(recipe: Recipe, algorithm: Algorithm, ranges: Mapping[str, BaseDistribution]) -> None:
    """Refuse arguments that a user wrote and that the algorithm does not have; those of files are ignored."""
    known = SBX_DEFAULTS[algorithm]
    for name in recipe.values:
        if name in ARGUMENTS and name not in known:
            where = f"in the configuration '{recipe.name}'"
            raise unknown_name(f"{algorithm} argument", name, {*known, *ranges}, where=where)


def _wanted(
    written: Collection[str],
    said: Collection[str],
    target: AgentConfig,
    built: AgentConfig,
    task: TaskConfig,
    *,
    bounded: bool,
) -> Wanted:
    """Return what to come near to: the configuration, and SBX in what it leaves out.

    Args:
        written: names that the user wrote.
        said: these, and the names of the file.
        target: the agent that they describe.
        built: an agent of the space.
        task: what it is for.
        bounded: whether the study has a bounds file.
    """
    traits = traits_of(target, task.num_envs)
    told = {trait for name in said for trait in traits_decided_by(name, traits)}
    if target.action_box is not None or bounded:  # a share of the task's box, which is not known here, says nothing
        kept = {trait for name in written for trait in traits_decided_by(name, traits)}
        traits = {name: value for name, value in traits.items() if name not in _BOUNDS or name in kept}
    if target.std_unit != built.std_unit:
        traits = {name: value for name, value in traits.items() if name not in IN_UNITS}
    importance = {trait: 1.0 if trait in told else _LEFT_OUT for trait in traits}
    default = traits_of(agent_of(target.algorithm, {}, "SBX's defaults"), task.num_envs)
    return Wanted(traits, importance, {trait: default[trait] for trait in told & default.keys() & traits.keys()})
