"""Express what a study pins, in SBX's names, in parameters of a search space."""

from collections.abc import Collection, Mapping
from typing import Any

from tuner.config import TaskConfig
from tuner.config.recipes import SETTINGS, Recipe, flatten, values_of
from tuner.errors import UserError
from tuner.spaces._ranges import allows, described
from tuner.spaces._space import SearchSpace
from tuner.spaces.fitting._fit import check_arguments
from tuner.spaces.fitting._search import Wanted, come_near, influences, telling_values
from tuner.spaces.fitting._traits import is_number, same, traits_decided_by, traits_of
from tuner.spaces.fitting._try_out import Tried, TryOut

_NESTED = "policy_kwargs"


def fit_pinned(space: SearchSpace, pinned: Mapping[str, Any], task: TaskConfig) -> dict[str, Any]:
    """Return pinned parameters in which names of SBX are replaced by parameters of the space.

    Args:
        space: the search space, with the study's action bounds if it has any.
        pinned: the `fixed` section of a study file. A name and a value of the space's own win over SBX's.
        task: what the agents are for.

    Raises:
        UserError: if the space does not have such a value, or does not decide it with a parameter of its own.
    """
    if not pinned:
        return {}
    ranges = space.explore(task, wanted=pinned).distributions
    foreign = {
        name: value
        for name, value in pinned.items()
        if name in (*SETTINGS, _NESTED) and not (name in ranges and (allows(ranges[name], value) or is_number(value)))
    }
    found = {name: value for name, value in pinned.items() if name not in foreign}
    if not foreign:
        return found
    try_out = TryOut(space, task)
    start = try_out.begin(found)
    recipe = Recipe(name="fixed", values=flatten(foreign, "'fixed'"))
    target = traits_of(recipe.agent(start.built.algorithm, num_envs=task.num_envs), task.num_envs)
    check_arguments(recipe, start.built.algorithm, ranges)
    deciding = influences(try_out, start, pinned=found.keys())
    for name, value in recipe.values.items():
        found |= _pin(try_out, start, name, value, target, deciding, found)
    return found


def _pin(
    try_out: TryOut,
    start: Tried,
    name: str,
    given: Any,
    target: Mapping[str, Any],
    deciding: Mapping[str, Collection[str]],
    found: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the parameters that give a setting its value, whatever the others are."""
    traits = [trait for trait in traits_decided_by(name, target) if trait in start.traits]
    several = {parameter for trait in traits for parameter in deciding.get(trait, ()) if len(deciding[trait]) > 1}
    if several:
        raise UserError(
            f"fixed.{name} is {given!r}, but in the search space '{try_out.space.name}' several parameters decide it "
            f"together: {', '.join(sorted(several))}. Pin those instead."
        )
    wanted = Wanted({trait: target[trait] for trait in traits}, dict.fromkeys(traits, 1.0), {})
    nearest = come_near(try_out, start, wanted, deciding, pinned=found.keys())
    if not all(same(nearest.traits.get(trait), target[trait]) for trait in traits):
        used = values_of(nearest.built).get(name)
        among = {parameter for trait in traits for parameter in influences(try_out, start).get(trait, ())}
        pins = [f"fixed.{parameter}" for parameter in found if parameter in among]
        nearby = f"has {used!r} as the nearest value" if among else f"always uses {used!r}"
        if pins:
            nearby = f"uses {used!r} because of {', '.join(pins)}. Pin one of them only"
        raise UserError(f"fixed.{name} is {given!r}, but the search space '{try_out.space.name}' {nearby}.")
    own = {parameter: nearest.parameters[parameter] for trait in traits for parameter in deciding.get(trait, ())}
    for parameter in own:
        others = (
            try_out({**nearest.parameters, parameter: value}) for value in telling_values(nearest.ranges[parameter])
        )
        if sum(all(same(other.traits.get(trait), target[trait]) for trait in traits) for other in others) > 1:
            raise UserError(
                f"fixed.{name} is {given!r}, which several values of '{parameter}' give in the search space "
                f"'{try_out.space.name}'. Pin {parameter} instead ({described(nearest.ranges[parameter])})."
            )
    return own
