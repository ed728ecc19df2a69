"""Say what became of each value of a configuration: compare the agent that was wanted with the one that was found."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tuner.config import AgentConfig
from tuner.config.recipes import ELSEWHERE, Recipe, values_of
from tuner.spaces.fitting._remarks import Kind, Remark, shown
from tuner.spaces.fitting._search import influences, telling_values
from tuner.spaces.fitting._traits import IN_UNITS, SIZES, is_number, same, traits_decided_by, traits_of
from tuner.spaces.fitting._try_out import Tried, TryOut


class Comparison:
    """Compares the agent that was found with the one that was wanted."""

    def __init__(
        self,
        try_out: TryOut,
        found: Tried,
        target: AgentConfig,
        deciding: Mapping[str, Collection[str]],
        *,
        own: Mapping[str, Any],
        fixed: Mapping[str, Any],
        exported: Collection[str] = (),
    ) -> None:
        """Compare them.

        Args:
            try_out: what the space makes of parameters.
            found: the agent that was found.
            target: the agent that was wanted.
            deciding: by trait, the parameters that decide it and that were free.
            own: parameters of the space that the configuration gives by their own names.
            fixed: parameters of the space that the study pins.
            exported: parameters that are those of an export, whatever it says.
        """
        self._try_out = try_out
        self._found = found
        self._wanted = traits_of(target, try_out.task.num_envs)
        self._values = values_of(found.built)
        self._given = values_of(target)
        self._deciding = deciding
        self._own_values = own
        self._fixed = fixed
        self._exported = exported
        units = (target.std_unit, found.built.std_unit)
        self._units = units if units[0] != units[1] else None
        """Those of standard deviations, wanted and found, if they differ."""
        self._influences = influences(try_out, found) if own or fixed else {}

    def remarks(self, recipe: Recipe, values: Mapping[str, Any]) -> Iterator[Remark]:
        """Yield a remark for each of a configuration's values."""
        task = self._try_out.task
        robots = values.get("n_envs", recipe.num_envs)
        if robots not in (None, task.num_envs):
            yield Remark("n_envs", robots, "ignored", reason=f"the study has task.num_envs {task.num_envs}")
        for name, value in values.items():
            if name in self._own_values:
                kept = self._fixed.get(name, value) == value
                parameters = {name: self._found.parameters.get(name, value)}
                yield Remark(name, value, "kept" if kept else "pinned", parameters[name], parameters)
            elif name in self._given:
                if value is not None or name in recipe.values:
                    yield self._of_setting(name, value, written=name in recipe.values)
            elif name != "n_envs":
                algorithm = self._found.built.algorithm
                reason = ELSEWHERE.get(name, f"SBX's {algorithm} does not have it")
                yield Remark(name, value, "ignored", reason=reason)

    def _of_setting(self, name: str, value: Any, *, written: bool) -> Remark:
        traits = traits_decided_by(name, self._wanted)
        other_unit = {trait for trait in traits if trait in IN_UNITS} if self._units is not None else set()
        wrong = [
            trait
            for trait in traits
            if trait not in other_unit and not same(self._found.traits.get(trait), self._wanted[trait])
        ]
        names = dict.fromkeys(parameter for trait in traits for parameter in sorted(self._own(trait)))
        parameters = {parameter: self._found.parameters[parameter] for parameter in names}
        used = self._values.get(name)
        if not wrong and (not other_unit or parameters.keys() <= set(self._exported)):
            return Remark(name, value, "kept", used, parameters)
        if not wrong and self._units is not None:
            reason = f"the space has it in the unit '{self._units[1]}', and this is in '{self._units[0]}'"
            return Remark(name, value, "ignored", used, reason=reason)
        if pins := self._deciding_among(self._fixed, wrong):
            return Remark(name, value, "pinned", used, pins)
        if not written and (replacing := self._deciding_among(self._own_values, wrong)):
            return Remark(name, value, "replaced", used, replacing)
        if not parameters:
            return Remark(name, value, "ignored", used, reason=self._instead(name, used))
        return Remark(name, value, self._kind(wrong), used, parameters)

    def _deciding_among(self, values: Mapping[str, Any], traits: Collection[str]) -> dict[str, Any]:
        """Return those of the given parameters that decide one of the traits."""
        names = [name for trait in traits for name in sorted(set(self._influences.get(trait, ())) & values.keys())]
        return {name: values[name] for name in names}

    def _instead(self, name: str, used: Any) -> str:
        """Say what the search space uses in place of a setting that none of its parameters decides."""
        if name == "action_box":
            if self._values["joint_box"] is not None:
                return f"the space has the box by joints, {shown(self._values['joint_box'])} here"
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
        numbers = [trait for trait in traits if trait in SIZES or is_number(self._wanted[trait])]
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
