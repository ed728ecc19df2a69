"""The arguments of SBX's classes without SBX: their defaults, and the values that they may have."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tuner.config.agent import Algorithm, linear_start
from tuner.errors import UserError

_OFF_POLICY: dict[str, Any] = {
    "learning_rate": 3e-4,
    "qf_learning_rate": None,
    "buffer_size": 1_000_000,
    "learning_starts": 100,
    "batch_size": 256,
    "gamma": 0.99,
    "train_freq": 1,
    "gradient_steps": 1,
    "policy_delay": 1,
    "action_noise": None,
    "n_steps": 1,
    "stats_window_size": 100,
}
_ENTROPY: dict[str, Any] = {
    "ent_coef": "auto",
    "target_entropy": "auto",
    "use_sde": False,
    "sde_sample_freq": -1,
    "use_sde_at_warmup": False,
}
SBX_DEFAULTS: Mapping[Algorithm, Mapping[str, Any]] = {
    "sac": {**_OFF_POLICY, **_ENTROPY, "tau": 0.005},
    "tqc": {**_OFF_POLICY, **_ENTROPY, "tau": 0.005, "top_quantiles_to_drop_per_net": 2},
    "td3": {**_OFF_POLICY, "tau": 0.005, "policy_delay": 2, "target_policy_noise": 0.2, "target_noise_clip": 0.5},
    "crossq": {**_OFF_POLICY, **_ENTROPY, "learning_rate": 1e-3, "policy_delay": 3},
    "ppo": {
        "learning_rate": 3e-4,
        "n_steps": 2048,
        "batch_size": 64,
        "n_epochs": 10,
        "gamma": 0.99,
        "gae_lambda": 0.95,
        "clip_range": 0.2,
        "normalize_advantage": True,
        "ent_coef": 0.0,
        "vf_coef": 0.5,
        "max_grad_norm": 0.5,
        "use_sde": False,
        "sde_sample_freq": -1,
        "target_kl": None,
    },
}
"""The arguments that a configuration can set, with the values that SBX gives them; a test compares them with SBX."""


@dataclass(frozen=True)
class _Number:
    """The numbers an argument may be."""

    low: float
    high: float = math.inf
    whole: bool = False
    above: bool = False
    """Whether `low` itself is excluded."""
    also: tuple[Any, ...] = ()
    """Other values that are allowed."""

    def describe(self) -> str:
        """Return what is allowed, completing "must be …"."""
        kind = "a whole number" if self.whole else "a number"
        low = f"{'above' if self.above else 'of at least'} {self.low:g}"
        high = "" if math.isinf(self.high) else f" and at most {self.high:g}"
        others = "".join(f", or {value!r}" for value in self.also)
        return f"{kind} {low}{high}{others}"

    def allows(self, value: Any) -> bool:
        """Return whether `value` is allowed; booleans are not numbers here."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value in self.also
        if value in self.also:
            return True
        if self.whole and not isinstance(value, int):
            return False
        above_low = value > self.low if self.above else value >= self.low
        return math.isfinite(value) and above_low and value <= self.high


_COUNT = _Number(1, whole=True)
_POSITIVE = _Number(0, above=True)
_NUMBERS = {
    "learning_rate": _POSITIVE,
    "qf_learning_rate": _Number(0, above=True, also=(None,)),
    "buffer_size": _COUNT,
    "learning_starts": _Number(0, whole=True),
    "batch_size": _COUNT,
    "tau": _Number(0, 1, above=True),
    "gamma": _Number(0, 1, above=True),
    "train_freq": _COUNT,
    "gradient_steps": _Number(1, whole=True, also=(-1,)),
    "policy_delay": _COUNT,
    "n_steps": _COUNT,
    "sde_sample_freq": _Number(1, whole=True, also=(-1,)),
    "stats_window_size": _COUNT,
    "top_quantiles_to_drop_per_net": _Number(0, 24, whole=True),
    "target_policy_noise": _Number(0),
    "target_noise_clip": _Number(0),
    "action_noise": _Number(0, also=(None,)),
    "n_epochs": _COUNT,
    "gae_lambda": _Number(0, 1),
    "clip_range": _POSITIVE,
    "vf_coef": _Number(0),
    "max_grad_norm": _POSITIVE,
    "target_kl": _Number(0, above=True, also=(None,)),
    "target_entropy": _Number(-math.inf, also=("auto",)),
}
_SWITCHES = ("use_sde", "use_sde_at_warmup", "normalize_advantage")
ENTROPY_ALGORITHMS = ("sac", "tqc", "crossq")
"""Algorithms that have an entropy coefficient and a target entropy."""


def _train_freq(value: Any) -> Any:
    """Return how many steps lie between updates; SBX's pair of a number and a unit is accepted if the unit is steps."""
    if isinstance(value, list | tuple) and len(value) == 2 and value[1] == "step":
        return value[0]
    return value


def checked_argument(algorithm: str, name: str, value: Any) -> Any:
    """Return the value of one argument as SBX takes it; an argument without a rule passes as it is.

    Raises:
        UserError: if SBX would fail on the value or silently misread it.
    """
    if name == "train_freq":
        value = _train_freq(value)
    if name == "ent_coef":
        return _entropy_coefficient(algorithm, value)
    if name == "learning_rate" and isinstance(value, str):
        return _learning_rate(algorithm, value)
    if name in _SWITCHES and not isinstance(value, bool):
        raise UserError(f"The {algorithm} argument '{name}' is {value!r} but must be true or false.")
    rule = _NUMBERS.get(name)
    if rule is None:
        return value
    if name == "qf_learning_rate" and linear_start(value) is not None:
        raise UserError(
            f"The {algorithm} argument 'qf_learning_rate' is {value!r}, but SBX has no schedule for critics alone. "
            "Leave it out: critics then follow the schedule of learning_rate."
        )
    if not rule.allows(value):
        raise UserError(f"The {algorithm} argument '{name}' is {value!r} but must be {rule.describe()}.")
    return float(value) if isinstance(value, int) and not rule.whole else value


def _learning_rate(algorithm: str, value: str) -> str:
    if linear_start(value) is None:
        raise UserError(
            f"The {algorithm} argument 'learning_rate' is {value!r} but must be {_POSITIVE.describe()}, or "
            "lin_<number above 0>, such as lin_7.3e-4, which falls to zero over the budget."
        )
    return value


def _entropy_coefficient(algorithm: str, value: Any) -> Any:
    """Return `ent_coef`, a number or, where it can be learned, "auto" or "auto_<initial value>"."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    learned = algorithm in ENTROPY_ALGORITHMS
    if learned and isinstance(value, str):
        prefix, separator, initial = value.partition("_")
        if prefix == "auto" and (not separator or _is_positive(initial)):
            return value
    allowed = 'a number of at least 0, "auto", or "auto_<number above 0>"' if learned else "a number of at least 0"
    raise UserError(f"The {algorithm} argument 'ent_coef' is {value!r} but must be {allowed}.")


def _is_positive(text: str) -> bool:
    try:
        value = float(text)
    except ValueError:
        return False
    return math.isfinite(value) and value > 0
