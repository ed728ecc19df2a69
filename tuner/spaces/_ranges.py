"""Which values a parameter of a search space can have."""

from optuna.distributions import BaseDistribution, CategoricalDistribution


def allows(among: BaseDistribution, value: object) -> bool:
    """Return whether a value, as a file or the command line has it, lies in a parameter's range."""
    if isinstance(among, CategoricalDistribution):
        # True == 1 in Python, but not in a study file
        return any(choice == value and isinstance(choice, bool) == isinstance(value, bool) for choice in among.choices)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return bool(among._contains(among.to_internal_repr(value)))


def described(among: BaseDistribution) -> str:
    """Return the range in words, for a message."""
    if isinstance(among, CategoricalDistribution):
        return "one of " + ", ".join(repr(choice) for choice in among.choices)
    low, high, step = (getattr(among, name, None) for name in ("low", "high", "step"))
    by = f" in steps of {step}" if step is not None and step != 1 else ""
    return f"{low} to {high}{by}"
