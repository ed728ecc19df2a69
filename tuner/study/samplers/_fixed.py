"""Check the parameters that a study file pins."""

from collections.abc import Iterable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution

from tuner.config import TaskConfig
from tuner.errors import UserError, unknown_name
from tuner.spaces import SearchSpace, allows, described


def check_fixed(fixed: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]) -> None:
    """Check pinned names and values against the search space.

    Optuna itself ignores an unknown name, and accepts a value out of range with a warning.

    Args:
        fixed: the `fixed` section of the study file.
        distributions: every parameter the search space can draw.

    Raises:
        UserError: for a name the space does not draw, or a value outside its range.
    """
    for name, value in fixed.items():
        if name not in distributions:
            raise unknown_name("parameter", name, distributions, where="in 'fixed'")
        if not allows(distributions[name], value):
            raise UserError(f"fixed.{name} is {value!r}, but the search space allows {described(distributions[name])}.")


def parameters_of(
    space: SearchSpace,
    task: TaskConfig,
    *,
    fixed: Mapping[str, Any] | None = None,
    starts: Iterable[Mapping[str, Any]] = (),
) -> dict[str, BaseDistribution]:
    """Return the parameters that a search space draws, with their ranges; check those that are pinned.

    Some parameters exist only beside certain values of others, so the space is asked with the pinned values, with those
    of each start, and in the end with random ones until it has asked for all of them, a fixed number of times.

    Args:
        space: the search space.
        task: what the agents are for.
        fixed: the `fixed` section of the study file.
        starts: parameters of configurations that are tried first.

    Raises:
        UserError: if the space fails or gives everything up, and as `check_fixed` does.
    """
    pinned = fixed or {}
    asked = space.explore(task)
    found = asked.distributions
    # Before the space is asked with them: a wrong value may make it fail in a less helpful way.
    check_fixed({name: value for name, value in pinned.items() if name in found}, found)
    if pinned:
        asked = space.explore(task, given=pinned)
        found = {**asked.distributions, **found}
    if not asked.got_through:
        raise space.gives_all_up(asked.runs, pinned)
    wanted = set(pinned)
    for start in starts:
        wanted |= start.keys()
        if not start.keys() <= found.keys():
            found = {**space.explore(task, given=start).distributions, **found}
    if not wanted <= found.keys():
        found = {**space.explore(task, wanted=wanted).distributions, **found}
    check_fixed(pinned, found)
    return found
