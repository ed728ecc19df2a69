"""Check the parameters that a study file pins."""

from collections.abc import Mapping

from optuna.distributions import BaseDistribution, CategoricalDistribution

from tuner.errors import UserError, unknown_name

FixedValue = bool | int | float | str | None


def check_fixed(fixed: Mapping[str, FixedValue], distributions: Mapping[str, BaseDistribution]) -> None:
    """Check pinned names and values against the search space.

    Optuna itself takes an unknown name in silence and a value out of range with a warning.

    Args:
        fixed: the `fixed` section of the study file.
        distributions: every parameter the search space can draw.

    Raises:
        UserError: for a name the space does not draw, or a value outside its range.
    """
    for name, value in fixed.items():
        if name not in distributions:
            raise unknown_name("parameter in 'fixed'", name, distributions)
        if not _allowed(value, distributions[name]):
            raise UserError(
                f"fixed.{name} is {value!r}, but the search space allows {_described(distributions[name])}."
            )


def _allowed(value: FixedValue, distribution: BaseDistribution) -> bool:
    if isinstance(distribution, CategoricalDistribution):
        # True == 1 in Python, but not in a study file
        return any(
            choice == value and isinstance(choice, bool) == isinstance(value, bool) for choice in distribution.choices
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return bool(distribution._contains(distribution.to_internal_repr(value)))


def _described(distribution: BaseDistribution) -> str:
    if isinstance(distribution, CategoricalDistribution):
        return "one of " + ", ".join(repr(choice) for choice in distribution.choices)
    low, high, step = (getattr(distribution, name, None) for name in ("low", "high", "step"))
    by = f" in steps of {step}" if step is not None and step != 1 else ""
    return f"{low} to {high}{by}"
