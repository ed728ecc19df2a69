"""Find the parameters with which a search space builds an agent most like a wanted one.

Nothing has to be declared for it: the space's function is run with other values of one parameter at a time, which shows
what each parameter decides. A setting that one parameter decides is settled first, and outweighs those that several
decide, so that a chain of settings is solved from its beginning: the learning rate, then the ratio that makes the
critics' rate of it.
"""

import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from optuna.distributions import CategoricalDistribution, IntDistribution

from tuner.spaces.fitting._traits import Trait, distance, is_number, same
from tuner.spaces.fitting._try_out import Tried, TryOut, nearest_in, random_values

_PLACES = 12
"""Random places at which it is seen what parameters decide."""
_SWEEPS = 12
_STEPS = 60
"""Bisections for one number; after so many there is nothing left between two floating-point numbers."""
_FEW = 64
"""Of a range of so many whole numbers or fewer, all are tried."""
_DIGITS = 12
"""Numbers are rounded to so many digits if they are right then: 1 − 0.98 is 0.02 and not 0.020000000000000018."""
_SHARED = 0.1
"""A trait that one more parameter decides weighs this much less."""
_LEAST = 1e-4
"""The lowest such weight."""
_TIE = 1e-6
"""Weight of the fallbacks, which decide between values that are all equally far from the wanted one."""


@dataclass(frozen=True)
class Wanted:
    """The agent to come near to."""

    traits: Mapping[str, Trait]
    importance: Mapping[str, float]
    """Of each trait."""
    fallbacks: Mapping[str, Trait]
    """What to prefer where a wanted trait cannot be had at all."""


def influences(try_out: TryOut, start: Tried, *, pinned: Collection[str] = ()) -> dict[str, set[str]]:
    """Return, for each trait, the parameters that change it, seen at `start` and at random places.

    A parameter may decide something only beside certain values of others.

    Args:
        try_out: runs the space.
        start: where to begin.
        pinned: parameters that cannot be changed, and do not count.
    """
    generator = random.Random(0)
    places = [start, *(try_out({**random_values(start, generator), **_only(start, pinned)}) for _ in range(_PLACES))]
    found: dict[str, set[str]] = defaultdict(set)
    for place in places:
        for name, among in place.ranges.items():
            if name in pinned or place.agent is None:
                continue
            for value in _ends(among):
                changed = try_out({**place.parameters, name: value})
                for trait, before in place.traits.items():
                    if changed.agent is not None and not same(changed.traits.get(trait), before):
                        found[trait].add(name)
    return dict(found)


def _only(tried: Tried, names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in tried.parameters.items() if name in names}


def come_near(
    try_out: TryOut,
    start: Tried,
    wanted: Wanted,
    deciding: Mapping[str, Collection[str]],
    *,
    pinned: Collection[str] = (),
) -> Tried:
    """Return the run nearest to the wanted agent, found by changing one parameter after the other.

    Args:
        try_out: runs the space.
        start: where to begin.
        wanted: the agent to come near to.
        deciding: the parameters that decide each trait, from `influences`.
        pinned: parameters that stay as they are.
    """
    weights = {trait: max(_SHARED ** (len(names) - 1), _LEAST) for trait, names in deciding.items() if names}

    def loss(tried: Tried) -> float:
        if tried.agent is None:
            return float("inf")
        total = 0.0
        for trait, weight in weights.items():
            got = tried.traits.get(trait)
            if trait in wanted.traits:
                total += wanted.importance[trait] * weight * distance(trait, got, wanted.traits[trait])
            if trait in wanted.fallbacks:
                total += _TIE * weight * distance(trait, got, wanted.fallbacks[trait])
        return total

    best, least = start, loss(start)
    for _ in range(_SWEEPS):
        before = least
        for name in list(best.ranges):
            if name in pinned or name not in best.ranges:
                continue
            for tried in _alternatives(try_out, best, name, wanted, deciding):
                if loss(tried) < least - 1e-12:
                    best, least = tried, loss(tried)
        if least < before:
            continue
        for tried in _pairs(try_out, best, _unsolved(best, wanted, deciding), pinned):
            if loss(tried) < least - 1e-12:
                best, least = tried, loss(tried)
        if least >= before:
            break
    return best


def _unsolved(tried: Tried, wanted: Wanted, deciding: Mapping[str, Collection[str]]) -> list[Collection[str]]:
    """Return the parameters that decide each trait that is not as it is wanted."""
    return [
        names
        for trait, names in deciding.items()
        if trait in wanted.traits and not same(tried.traits.get(trait), wanted.traits[trait])
    ]


def _pairs(
    try_out: TryOut, tried: Tried, unsolved: Collection[Collection[str]], pinned: Collection[str]
) -> Iterator[Tried]:
    """Yield runs with other values of two parameters at once, which decide a trait together.

    Where updates wait for environment steps, neither how many there are nor how long they wait can change alone.
    """
    short = {name: among for name, among in tried.ranges.items() if name not in pinned and _is_short(among)}
    pairs = {pair for names in unsolved for pair in combinations(sorted(short.keys() & set(names)), 2)}
    for first, second in sorted(pairs):
        for values in product(telling_values(short[first]), telling_values(short[second])):
            yield try_out({**tried.parameters, **dict(zip((first, second), values, strict=True))})


def _alternatives(
    try_out: TryOut, tried: Tried, name: str, wanted: Wanted, deciding: Mapping[str, Collection[str]]
) -> Iterator[Tried]:
    """Yield runs with other values of one parameter: all of few, else its ends and those that give a wanted number."""
    among = tried.ranges[name]
    if _is_short(among):
        yield from (try_out({**tried.parameters, name: value}) for value in telling_values(among))
        return
    low, high = (try_out({**tried.parameters, name: value}) for value in _ends(among))
    yield from (low, high)
    for trait, names in deciding.items():
        if name in names and is_number(wanted.traits.get(trait)):
            yield from _solve(try_out, low, high, name, trait, wanted.traits[trait])


def _solve(try_out: TryOut, low: Tried, high: Tried, name: str, trait: str, target: Any) -> Iterator[Tried]:
    """Yield runs in which one parameter brings a trait to a number or next to it, if the trait rises or falls with it.

    The first guess is right if the trait is the parameter itself, a multiple of it, or their sum is constant.
    """
    among = high.ranges[name]
    linear = True
    for _ in range(_STEPS):
        ours, theirs = low.traits.get(trait), high.traits.get(trait)
        if not (is_number(ours) and is_number(theirs)) or same(ours, theirs):
            return
        share = (target - ours) / (theirs - ours)  # type: ignore[operator]
        if not 0 <= share <= 1:
            return
        span = high.parameters[name] - low.parameters[name]
        guess = low.parameters[name] + span * (share if linear else 0.5)
        between = try_out({**high.parameters, name: nearest_in(among, guess)})
        rounded = try_out({**high.parameters, name: nearest_in(among, float(f"{guess:.{_DIGITS}g}"))})
        if rounded.traits.get(trait) == target:
            between = rounded
        yield between
        got = between.traits.get(trait)
        if not is_number(got) or same(got, target):
            return
        if between.parameters[name] in (low.parameters[name], high.parameters[name]) and not linear:
            return
        if (got < target) == (ours < theirs):  # type: ignore[operator]
            low = between
        else:
            high = between
        linear = False


def _is_short(among: Any) -> bool:
    if isinstance(among, CategoricalDistribution):
        return True
    return isinstance(among, IntDistribution) and (among.high - among.low) // among.step < _FEW


def _ends(among: Any) -> Collection[Any]:
    return among.choices if isinstance(among, CategoricalDistribution) else (among.low, among.high)


def telling_values(among: Any) -> Collection[Any]:
    """Return all values of a short range, or the ends of a long one."""
    if isinstance(among, IntDistribution) and _is_short(among):
        return range(among.low, among.high + 1, among.step)
    return _ends(among)
