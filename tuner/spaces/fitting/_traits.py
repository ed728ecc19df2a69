"""What makes two agents alike: their settings in a form in which they can be compared."""

import math
from collections.abc import Collection, Mapping
from itertools import zip_longest
from typing import Any

from tuner.config import AgentConfig, linear_start
from tuner.config.recipes import values_of

Trait = bool | int | float | str | tuple[Any, ...] | None

_SBX_ENTROPY_STD = math.exp(-1) / math.sqrt(2 * math.pi * math.e)
"""The standard deviation of a Gaussian with SBX's default target entropy, -1 nat for each action dimension."""
_SBX_INITIAL_STD = 1.0
_NEAR_ONE = ("gamma", "gae_lambda")
"""Settings whose distance from one is what matters."""
_SMALL = 1e-8
"""Zero is as far from a positive number as this is."""

IN_UNITS = ("initial_std", "target_entropy_std", "target_entropy_schedule.final_std")
"""Traits that are in the unit `std_unit`; without the task's box those in different units do not compare."""
SIZES = ("pi", "qf")
"""Traits that are sizes of layers."""
TRAITS: Mapping[str, tuple[str, ...]] = {
    "learning_rate": ("learning_rate", "learning_rate_schedule"),
    "ent_coef": ("ent_coef", "ent_coef_learned"),
    "target_entropy": ("target_entropy", "target_entropy_std"),
    "net_arch": SIZES,
}
"""The traits that a setting decides, if it is not one of the same name."""


def traits_decided_by(name: str, traits: Collection[str]) -> list[str]:
    """Return those of some traits that the setting of a name decides."""
    own = TRAITS.get(name, (name,))
    return [trait for trait in traits if trait in own or trait.startswith(f"{name}.")]


def traits_of(agent: AgentConfig, num_envs: int) -> dict[str, Trait]:
    """Return an agent's traits: its settings, with SBX's defaults in numbers and with what is learned per step.

    Args:
        agent: the agent.
        num_envs: robots that it learns from.
    """
    values = values_of(agent)
    schedule = linear_start(values["learning_rate"])
    values["learning_rate_schedule"] = "constant" if schedule is None else "linear"
    values["learning_rate"] = values["learning_rate"] if schedule is None else schedule
    architecture = values.pop("net_arch")
    values |= {"pi": tuple(architecture["pi"]), "qf": tuple(architecture["qf"])}
    values["optimizer_kwargs"] = tuple(sorted(values["optimizer_kwargs"].items()))
    if values["action_box"] is None and values["action_bound_fraction"] is None:
        values["action_bound_fraction"] = 1.0
    if values["initial_std"] is None and agent.algorithm != "td3":
        values["initial_std"] = _SBX_INITIAL_STD
    if agent.off_policy:
        values |= _of_replay(values, num_envs)
    if isinstance(values.get("ent_coef"), str):
        first = values["ent_coef"].partition("_")[2]
        values |= {"ent_coef": float(first or 1.0), "ent_coef_learned": True}
    if not values.get("use_sde"):
        values |= {"sde_sample_freq": -1, "use_sde_at_warmup": False}
    if values.get("target_entropy") == "auto" and values["target_entropy_std"] is None:
        values["target_entropy_std"] = _SBX_ENTROPY_STD
    return {"ent_coef_learned": False, **_comparable(values)}


def _of_replay(values: Mapping[str, Any], num_envs: int) -> dict[str, Any]:
    """Return the traits of how much is stored and learned; gradient steps are per environment step of all robots."""
    between, steps = values["train_freq"], values["gradient_steps"]
    return {
        "qf_learning_rate": values["qf_learning_rate"] or values["learning_rate"],
        "buffer_size": values["buffer_size"] // num_envs,  # SBX stores whole steps of all robots
        "gradient_steps": num_envs if steps < 0 else steps / between,
        "action_noise": values["action_noise"] or 0.0,
    }


def _comparable(values: Mapping[str, Any]) -> dict[str, Trait]:
    """Return settings in which lists are tuples, and what a mapping holds stands beside it as `schedule.start`."""
    found: dict[str, Trait] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= {name: True, **_comparable({f"{name}.{key}": inner for key, inner in value.items()})}
        else:
            found[name] = tuple(value) if isinstance(value, list | tuple) else value
    return found


def is_number(value: object) -> bool:
    """Return whether a trait is a number; switches are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(first: Trait, second: Trait) -> bool:
    """Return whether two traits are equal, numbers up to rounding in the last digits."""
    if is_number(first) and is_number(second):
        return math.isclose(first, second, rel_tol=1e-9)  # type: ignore[arg-type]
    return first == second


def distance(name: str, first: Any, second: Any) -> float:
    """Return how far apart two traits are: the logarithm of their ratio for numbers and sizes, else 0 or 1."""
    if same(first, second):
        return 0.0
    if is_number(first) and is_number(second):
        if name in _NEAR_ONE:
            first, second = 1 - first, 1 - second
        if min(first, second) < 0:
            return float(abs(first - second))
        return abs(math.log((first + _SMALL) / (second + _SMALL)))
    if name in SIZES:
        return sum(abs(math.log(ours / theirs)) for ours, theirs in zip_longest(first, second, fillvalue=1))
    return 1.0
