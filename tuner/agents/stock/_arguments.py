"""Check an agent's constructor arguments against the SBX class, to report mistakes before anything is built."""

import inspect
from collections.abc import Mapping
from typing import Any

from stable_baselines3.common.utils import LinearSchedule

from tuner.agents.stock._timed import STOCK_CLASSES
from tuner.config import ENTROPY_ALGORITHMS, AgentConfig, checked_argument, linear_start
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
    for name, value in arguments.items():
        arguments[name] = checked_argument(config.algorithm, name, value)
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


def _check_names(algorithm: str, arguments: dict[str, Any]) -> None:
    known = set(inspect.signature(STOCK_CLASSES[algorithm].__init__).parameters) - {"self"}
    for name in arguments:
        if name in known and name in _OWNED:
            raise UserError(f"The {algorithm} argument '{name}' cannot be set: {_OWNED[name]}.")
        if name not in known:
            raise unknown_name(f"{algorithm} argument", name, known - set(_OWNED))


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
    if config.algorithm not in ENTROPY_ALGORITHMS:
        raise UserError(
            f"target_entropy_std does not apply to {config.algorithm}: only {', '.join(ENTROPY_ALGORITHMS)} have a "
            "target entropy."
        )
    if "target_entropy" in config.arguments:
        raise UserError("Give the argument target_entropy or target_entropy_std, not both.")
