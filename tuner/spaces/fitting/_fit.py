"""Express a configuration in the parameters of a search space."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optuna.distributions import BaseDistribution

from tuner.config import SBX_DEFAULTS, AgentConfig, Algorithm, TaskConfig
from tuner.config.recipes import ARGUMENTS, ELSEWHERE, SETTINGS, Recipe, agent_of, flatten, values_of
from tuner.errors import UserError, unknown_name
from tuner.spaces._ranges import allows, described
from tuner.spaces._space import SearchSpace
from tuner.spaces.fitting._remarks import Kind, Remark, shown
from tuner.spaces.fitting._search import Wanted, come_near, influences, telling_values
from tuner.spaces.fitting._traits import is_number, same, traits_decided_by, traits_of
from tuner.spaces.fitting._try_out import Tried, TryOut

_LEFT_OUT = 0.1
"""Importance of what a configuration leaves out, and has from SBX, beside what it says."""
_BOUNDS = ("action_bound_fraction", "action_box", "action_box.low", "action_box.high")
_NESTED = "policy_kwargs"


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
    own = {name: value for name, value in recipe.values.items() if name not in SETTINGS | ELSEWHERE.keys()}
    explored = space.explore(task, wanted=own)
    bounds = explored.bounds.own if explored.bounds is not None else {}
    pinned = {**bounds, **own, **fixed}
    try_out = TryOut(space, task)
    start = try_out.begin({**recipe.parameters, **pinned})
    algorithm = _agent(start).algorithm
    check_own(own, explored.distributions, f"the configuration '{recipe.name}'", algorithm)
    _check_arguments(recipe, algorithm, explored.distributions)
    target = recipe.agent(algorithm, num_envs=task.num_envs)
    deciding = influences(try_out, start, pinned=pinned.keys())
    values = recipe.values_for(algorithm, num_envs=task.num_envs)
    wanted = _wanted(recipe.values, values, target, task, bounded=space.action_bounds is not None)
    nearest = come_near(try_out, start, wanted, deciding, pinned=pinned.keys())
    remarks = _Remarks(try_out, nearest, target, deciding, fixed)
    return Fit(nearest.parameters, _agent(nearest), tuple(remarks.of(recipe, values, own)))


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
    target = traits_of(recipe.agent(_agent(start).algorithm, num_envs=task.num_envs), task.num_envs)
    _check_arguments(recipe, _agent(start).algorithm, ranges)
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
        used = values_of(_agent(nearest)).get(name)
        always = "" if any(deciding.get(trait) for trait in traits) else "always "
        nearby = f"{always}uses {used!r}" if always else f"has {used!r} as the nearest value"
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


def _agent(tried: Tried) -> AgentConfig:
    if tried.agent is None:
        raise ValueError("the search ends at a combination that the space gave up")
    return tried.agent


def _check_arguments(recipe: Recipe, algorithm: Algorithm, ranges: Mapping[str, BaseDistribution]) -> None:
    """Refuse arguments that a user wrote and that the algorithm does not have; those of files are ignored."""
    known = SBX_DEFAULTS[algorithm]
    for name in recipe.values:
        if name in ARGUMENTS and name not in known:
            where = f"in the configuration '{recipe.name}'"
            raise unknown_name(f"{algorithm} argument", name, {*known, *ranges}, where=where)


def _wanted(
    written: Collection[str], said: Collection[str], target: AgentConfig, task: TaskConfig, *, bounded: bool
) -> Wanted:
    """Return what to come near to: the configuration, and SBX in what it leaves out.

    Args:
        written: names that the user wrote.
        said: these, and the names of the file.
        target: the agent that they describe.
        task: what it is for.
        bounded: whether the study has a bounds file.
    """
    traits = traits_of(target, task.num_envs)
    told = {trait for name in said for trait in traits_decided_by(name, traits)}
    if target.action_box is not None or bounded:  # a share of the task's box, which is not known here, says nothing
        kept = {trait for name in written for trait in traits_decided_by(name, traits)}
        traits = {name: value for name, value in traits.items() if name not in _BOUNDS or name in kept}
    importance = {trait: 1.0 if trait in told else _LEFT_OUT for trait in traits}
    default = traits_of(agent_of(target.algorithm, {}, "SBX's defaults"), task.num_envs)
    return Wanted(traits, importance, {trait: default[trait] for trait in told & default.keys() & traits.keys()})


class _Remarks:
    """Compares the agent that was found with the one that was wanted."""

    def __init__(
        self,
        try_out: TryOut,
        found: Tried,
        target: AgentConfig,
        deciding: Mapping[str, Collection[str]],
        fixed: Mapping[str, Any],
    ) -> None:
        self._try_out = try_out
        self._found = found
        self._wanted = traits_of(target, try_out.task.num_envs)
        self._values = values_of(_agent(found))
        self._given = values_of(target)
        self._deciding = deciding
        self._fixed = fixed
        without = influences(try_out, found) if fixed else {}
        self._pinned = {trait: names & fixed.keys() for trait, names in without.items()}

    def of(self, recipe: Recipe, values: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[Remark]:
        """Yield a remark for each of a configuration's values; `own` are those of the space's own parameters."""
        task = self._try_out.task
        if recipe.num_envs not in (None, task.num_envs):
            yield Remark("n_envs", recipe.num_envs, "ignored", reason=f"the study has task.num_envs {task.num_envs}")
        for name, value in values.items():
            if name in own:
                kept = self._fixed.get(name, value) == value
                parameters = {name: self._found.parameters.get(name, value)}
                yield Remark(name, value, "kept" if kept else "pinned", parameters[name], parameters)
            elif name in self._given:
                if value is not None or name in recipe.values:
                    yield self._of_setting(name, value)
            elif name != "n_envs":
                algorithm = _agent(self._found).algorithm
                reason = ELSEWHERE.get(name, f"SBX's {algorithm} does not have it")
                yield Remark(name, value, "ignored", reason=reason)

    def _of_setting(self, name: str, value: Any) -> Remark:
        traits = traits_decided_by(name, self._wanted)
        wrong = [trait for trait in traits if not same(self._found.traits.get(trait), self._wanted[trait])]
        names = dict.fromkeys(parameter for trait in traits for parameter in sorted(self._own(trait)))
        parameters = {parameter: self._found.parameters[parameter] for parameter in names}
        used = self._values.get(name)
        if not wrong:
            return Remark(name, value, "kept", used, parameters)
        pins = {pin: self._fixed[pin] for trait in wrong for pin in sorted(self._pinned.get(trait, ()))}
        if pins:
            return Remark(name, value, "pinned", used, pins)
        if not parameters:
            return Remark(name, value, "ignored", used, reason=self._instead(name, used))
        return Remark(name, value, self._kind(wrong), used, parameters)

    def _instead(self, name: str, used: Any) -> str:
        """Say what the search space uses in place of a setting that none of its parameters decides."""
        if name == "action_box":
            share = self._values["action_bound_fraction"]
            if share is not None:
                return f"the space has a share of the task's own box, and action_bound_fraction is {share:g} here"
        return f"the space always has {shown(used)}"

    def _own(self, trait: str) -> Collection[str]:
        """Return the parameters that decide a trait and not already one that fewer parameters decide."""
        names = set(self._deciding.get(trait, ())) & self._found.parameters.keys()
        shorter = [
            others for other, others in self._deciding.items() if len(others) < len(names) and other in self._wanted
        ]
        return names - set().union(*shorter) or names

    def _kind(self, traits: Collection[str]) -> Kind:
        numbers = [
            trait for trait in traits if isinstance(self._wanted[trait], tuple) or is_number(self._wanted[trait])
        ]
        if not numbers:
            return "outside"
        return "clipped" if any(self._is_beyond(trait) for trait in numbers) else "rounded"

    def _is_beyond(self, trait: str) -> bool:
        """Return whether the wanted trait lies beyond all that the space has, and not between two of its values."""
        wanted = _size(self._wanted[trait])
        seen = [_size(self._found.traits.get(trait))]
        for name in self._own(trait):
            for value in telling_values(self._found.ranges[name]):
                tried = self._try_out({**self._found.parameters, name: value})
                seen += [_size(tried.traits[trait])] if trait in tried.traits else []
        return not min(seen) <= wanted <= max(seen)


def _size(trait: Any) -> float:
    """Return a number as it is, and sizes of layers by the weights between them."""
    if isinstance(trait, tuple):
        return float(sum(first * second for first, second in zip(trait, (*trait[1:], 1), strict=True)))
    return float(trait) if is_number(trait) else 0.0
