"""Translate a `Network` into the policy name and policy arguments of each SBX algorithm."""

import inspect
import math
from typing import Any

import flax.linen as nn
import optax

from tuner.config import AgentConfig, Network
from tuner.errors import UserError, unknown_name

_ACTIVATIONS = {"relu": nn.relu, "elu": nn.elu, "silu": nn.silu, "tanh": nn.tanh}
_OPTIMIZERS = {"adam": optax.adam, "adamw": optax.adamw}
_SIMBA_ALGORITHMS = ("sac", "tqc", "crossq")
_STD_ALGORITHMS = ("sac", "tqc", "crossq", "ppo")
_LARGEST_LOG_STD = 2.0
"""SBX's squashed Gaussian actors clip the logarithm of the standard deviation here."""


def policy_arguments(config: AgentConfig) -> tuple[str, dict[str, Any]]:
    """Return the policy's name and its `policy_kwargs`, in SBX's own terms.

    Raises:
        UserError: if the algorithm's networks in SBX cannot be what the configuration asks for.
    """
    network = config.network
    _check_supported(config.algorithm, network)
    _check_initial_std(config)
    critic = "vf" if config.algorithm == "ppo" else "qf"
    arguments: dict[str, Any] = {
        "net_arch": {"pi": list(network.pi), critic: list(network.qf)},
        "activation_fn": _ACTIVATIONS[network.activation],
        "optimizer_class": _OPTIMIZERS[network.optimizer],
        "optimizer_kwargs": _optimizer_arguments(config.algorithm, network),
    }
    if config.algorithm == "ppo":
        if isinstance(config.initial_std, float):
            arguments["log_std_init"] = math.log(config.initial_std)
    else:
        arguments |= {"layer_norm": network.layer_norm, "n_critics": network.n_critics}
    return ("SimbaPolicy" if network.kind == "simba" else "MlpPolicy"), arguments


def _optimizer_arguments(algorithm: str, network: Network) -> dict[str, float]:
    """Return the optimiser's arguments on top of the defaults that SBX gives this algorithm's optimiser."""
    known = {
        name
        for name, parameter in inspect.signature(_OPTIMIZERS[network.optimizer]).parameters.items()
        if isinstance(parameter.default, float)
    }
    for name in network.optimizer_arguments:
        if name not in known:
            raise unknown_name(f"{network.optimizer} argument", name, known)
    defaults: dict[str, float] = {}
    if algorithm == "ppo" and network.optimizer == "adam":
        defaults = {"eps": 1e-5}
    elif algorithm == "crossq":
        defaults = {"b1": 0.5}
    return defaults | network.optimizer_arguments


def _check_supported(algorithm: str, network: Network) -> None:
    if network.kind == "simba":
        if algorithm not in _SIMBA_ALGORITHMS:
            raise UserError(
                f"SBX has no simba network for {algorithm}, only for {', '.join(_SIMBA_ALGORITHMS)}. "
                "Set network.kind to mlp."
            )
        for name, sizes in (("pi", network.pi), ("qf", network.qf)):
            if len(set(sizes)) > 1:
                raise UserError(
                    f"All blocks of a simba network have one width, but network.{name} is {list(sizes)}. "
                    f"Give equal sizes, such as {[sizes[0]] * len(sizes)}."
                )
        if network.layer_norm:
            raise UserError("A simba network always normalises its layers; leave network.layer_norm false.")
    if algorithm == "ppo" and network.layer_norm:
        raise UserError("SBX's PPO has no layer normalisation; leave network.layer_norm false.")
    if algorithm in ("ppo", "tqc") and network.n_critics != 2:
        raise UserError(
            f"The number of critics cannot be chosen for {algorithm} in SBX, but network.n_critics is "
            f"{network.n_critics}. Leave it out."
        )


def _check_initial_std(config: AgentConfig) -> None:
    if config.initial_std is None:
        return
    if config.algorithm not in _STD_ALGORITHMS:
        raise UserError(
            f"initial_std does not apply to {config.algorithm}: its actor is deterministic. Give the argument "
            "action_noise instead, the standard deviation of exploration noise on actions scaled to [-1, 1]."
        )
    if config.algorithm == "ppo" and not isinstance(config.initial_std, float):
        raise UserError(
            "initial_std has one number for each action dimension, but SBX's PPO starts with the same in all of them. "
            "Give one number, in the action's own units."
        )
    largest = config.initial_std if isinstance(config.initial_std, float) else max(config.initial_std)
    resolved = config.std_unit == "box"  # in other units nothing is known yet
    if config.algorithm != "ppo" and resolved and math.log(largest) > _LARGEST_LOG_STD:
        raise UserError(
            f"initial_std is {largest:g} in units of half the action box, but SBX limits it to "
            f"{math.exp(_LARGEST_LOG_STD):.2f} for {config.algorithm}. Give a smaller one, or a wider action box."
        )
