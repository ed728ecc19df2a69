"""Check an agent's constructor arguments against the SBX class, to report mistakes before anything is built."""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stable_baselines3.common.utils import LinearSchedule

from tuner.agents.stock._timed import STOCK_CLASSES
from tuner.config import AgentConfig, linear_start
from tuner.errors import UserError, unknown_name

_OWNED = {
    "policy": "the network decides it: set network.kind",
    "env": "the study's task decides it",
    "policy_kwargs": "it is made from network, initial_std and the optimiser: set those",
    "seed": "the study's sampler.seed decides it",
    "verbose": "the study shows progress itself",
    "tensorboard_log": "a trial's curves lie in its folder under runs/",
    "device": "JAX chooses it: set JAX_PLATFORMS in the environment",
    "replay_buffer_class": "n_steps decides it",
    "replay_buffer_kwargs": "n_steps and gamma decide it",
    "rollout_buffer_class": "SBX's own is used",
    "rollout_buffer_kwargs": "SBX's own are used",
    "param_resets": "a reset compiles again on the training clock and loses initial_std",
    "clip_range_vf": "SBX accepts it but ignores it",
    "_init_setup_model": "the agent is always set up",
}
"""Arguments of the SBX classes that a configuration cannot set, each with the reason."""


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
_ENTROPY_ALGORITHMS = ("sac", "tqc", "crossq")


def checked_arguments(config: AgentConfig, *, num_envs: int) -> dict[str, Any]:
    """Return the constructor arguments as SBX takes them, without the policy's (see `policy_arguments`).

    `action_noise`, an object in SBX, is written as a number: the standard deviation of Gaussian noise added to actions
    scaled to [-1, 1]. It is part of the result, but SBX's constructor does not take it in this form.

    Args:
        config: the agent.
        num_envs: robots that the agent learns from.

    Raises:
        UserError: for an argument that SBX does not have or that cannot be set, a value that SBX would fail on or
            silently misread, and combinations of values that cannot train.
    """
    arguments = dict(config.arguments)
    _check_names(config.algorithm, arguments)
    if "train_freq" in arguments:
        arguments["train_freq"] = _train_freq(arguments["train_freq"])
    for name, value in arguments.items():
        arguments[name] = _checked_value(config.algorithm, name, value)
    if config.off_policy:
        _check_buffer(config.algorithm, arguments, num_envs)
    else:
        _check_rollout(arguments, num_envs)
    _check_target_entropy(config)
    return arguments


def with_schedules(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked arguments in which a linear learning rate is the schedule that SBX takes."""
    start = linear_start(arguments.get("learning_rate"))
    schedule = {} if start is None else {"learning_rate": LinearSchedule(start, 0.0, 1.0)}
    return {**arguments, **schedule}


def target_entropy(std: float, action_dim: int) -> float:
    """Return the entropy of a Gaussian with standard deviation `std` in each dimension: d/2 · ln(2πe·σ²), in nats."""
    return action_dim / 2 * math.log(2 * math.pi * math.e * std**2)


def _check_names(algorithm: str, arguments: dict[str, Any]) -> None:
    known = set(inspect.signature(STOCK_CLASSES[algorithm].__init__).parameters) - {"self"}
    for name in arguments:
        if name in known and name in _OWNED:
            raise UserError(f"The {algorithm} argument '{name}' cannot be set: {_OWNED[name]}.")
        if name not in known:
            raise unknown_name(f"{algorithm} argument", name, known - set(_OWNED))


def _train_freq(value: Any) -> Any:
    """Return how many steps lie between updates; SBX's pair of a number and a unit is accepted if the unit is steps."""
    if isinstance(value, list | tuple) and len(value) == 2 and value[1] == "step":
        return value[0]
    return value


def _checked_value(algorithm: str, name: str, value: Any) -> Any:
    """Return the value as SBX takes it."""
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
    learned = algorithm in _ENTROPY_ALGORITHMS
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


def _check_buffer(algorithm: str, arguments: dict[str, Any], num_envs: int) -> None:
    """Refuse a buffer in which an n-step return would run into itself, or that is smaller than a batch."""
    defaults = inspect.signature(STOCK_CLASSES[algorithm].__init__).parameters
    size, batch = (arguments.get(name, defaults[name].default) for name in ("buffer_size", "batch_size"))
    steps = arguments.get("n_steps", 1)
    rows = size // num_envs
    if steps > 1 and rows <= steps:
        raise UserError(
            f"A buffer_size of {size} holds {rows} steps of each of the {num_envs} robots, which is too few for "
            f"n_steps {steps}. Give at least {(steps + 1) * num_envs}."
        )
    if batch > size:
        usual = "" if "batch_size" in arguments else f", {algorithm}'s default,"
        raise UserError(
            f"A batch_size of {batch}{usual} is more than the buffer_size of {size}, so that every batch would hold "
            f"transitions several times. Give a batch_size of at most {size} or a buffer_size of at least {batch}."
        )


def _check_rollout(arguments: dict[str, Any], num_envs: int) -> None:
    """Refuse two rules for one learning rate, and single transitions, whose advantages cannot be normalised."""
    if arguments.get("target_kl") is not None and linear_start(arguments.get("learning_rate")) is not None:
        raise UserError(
            f"The ppo argument 'learning_rate' is {arguments['learning_rate']!r}, but with target_kl SBX moves the "
            "learning rate itself. Give it as a number, or leave target_kl out."
        )
    if not arguments.get("normalize_advantage", True):
        return
    if arguments.get("n_steps", 2048) * num_envs < 2 or arguments.get("batch_size", 64) < 2:
        raise UserError(
            "PPO cannot normalise advantages over a single transition. Give n_steps and batch_size of at least 2, or "
            "set normalize_advantage to false."
        )


def _check_target_entropy(config: AgentConfig) -> None:
    if config.target_entropy_std is None:
        return
    if config.algorithm not in _ENTROPY_ALGORITHMS:
        raise UserError(
            f"target_entropy_std does not apply to {config.algorithm}: only {', '.join(_ENTROPY_ALGORITHMS)} have a "
            "target entropy."
        )
    if "target_entropy" in config.arguments:
        raise UserError("Give the argument target_entropy or target_entropy_std, not both.")
