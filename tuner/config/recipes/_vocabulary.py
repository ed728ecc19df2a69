"""The names that configurations use, in SBX and in RL Zoo, and what they are of an `AgentConfig`."""

import math
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError

from tuner.config._problems import describe_problems
from tuner.config.agent import AgentConfig, Algorithm, Network
from tuner.config.arguments import SBX_DEFAULTS, checked_argument
from tuner.errors import UserError

ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)
ARGUMENTS = frozenset(name for defaults in SBX_DEFAULTS.values() for name in defaults)
NETWORK = {
    "policy": "kind",
    "activation_fn": "activation",
    "layer_norm": "layer_norm",
    "n_critics": "n_critics",
    "optimizer_class": "optimizer",
    "optimizer_kwargs": "optimizer_arguments",
}
"""Names in `policy_kwargs`, and what they are of a `Network`; `net_arch` is its `pi` and `qf`."""
FIELDS = frozenset(AgentConfig.model_fields) - {"algorithm", "arguments", "network"}
"""Settings of an agent that SBX does not have, under the names of `AgentConfig`."""
SETTINGS = ARGUMENTS | FIELDS | NETWORK.keys() | {"net_arch"}
"""Every name that describes an agent."""

_TASK, _BUDGET, _SBX = "the study's task decides it", "the study's budget decides it", "SBX does not have it"
ELSEWHERE = {
    "n_envs": "the study's task.num_envs decides it",
    "n_timesteps": _BUDGET,
    "env_wrapper": _TASK,
    "vec_env_wrapper": _TASK,
    "env_kwargs": _TASK,
    "frame_stack": _TASK,
    "monitor_kwargs": _TASK,
    "norm_reward": "rewards are never normalised, so that returns keep their meaning",
    "falling_entropy": "it has entropies and no standard deviations; give target_entropy_schedule",
    "log_std_init": "SBX ignores it for this algorithm; initial_std is the standard deviation",
    "clip_range_schedule": "clip_range keeps its first value, as only learning rates have schedules here",
    "noise_type": "only normal noise is known, as action_noise",
    "noise_std": "only normal noise is known, as action_noise",
    "n_minibatches": "batch_size decides it",
    "callback": "trials have callbacks of their own",
    "seed": "the study's sampler.seed decides it",
    "device": "JAX chooses it",
    "verbose": "the study shows progress itself",
    "tensorboard_log": "a trial's curves lie in its folder under runs/",
    "squash_output": "it belongs to gSDE of Stable-Baselines3",
    "use_expln": _SBX,
    "ortho_init": _SBX,
    "clip_range_vf": "SBX ignores it",
    "optimize_memory_usage": _SBX,
    "replay_buffer_class": "n_steps decides it",
    "replay_buffer_kwargs": "n_steps decides it",
}
"""Names that configurations have and that describe no agent here, with the reason."""

_LARGEST_LOG_STD = 100.0
"""Beyond it a deviation is no number; `AgentConfig` allows much less."""
_NETWORKS: Mapping[str, Network] = {
    "ppo": Network(pi=(64, 64), qf=(64, 64), activation="tanh"),
    "crossq": Network(pi=(256, 256), qf=(1024, 1024)),
}
"""Networks of SBX where they are not those of `Network()`."""


def resolve(algorithm: Algorithm, values: Mapping[str, Any], *, num_envs: int) -> dict[str, Any]:
    """Return values in which names that mean something for one algorithm or number of robots only are replaced."""
    found = dict(values)
    if algorithm != "ppo":
        return found
    log_std, parts = found.get("log_std_init"), found.get("n_minibatches")
    steps = found.get("n_steps", SBX_DEFAULTS["ppo"]["n_steps"])
    if isinstance(log_std, int | float) and abs(log_std) < _LARGEST_LOG_STD:
        del found["log_std_init"]
        found.setdefault("initial_std", math.exp(log_std))
    if isinstance(parts, int) and parts > 0 and isinstance(steps, int):
        del found["n_minibatches"]
        found.setdefault("batch_size", steps * num_envs // parts)
    return found


def agent_of(algorithm: Algorithm, values: Mapping[str, Any], where: str) -> AgentConfig:
    """Return the agent that values describe; what is left out is as in SBX.

    Args:
        algorithm: the agent's.
        values: under names of `SETTINGS`; arguments that the algorithm does not have are left out.
        where: their place, for errors.

    Raises:
        UserError: if a value cannot be what it is given for.
    """
    known = SBX_DEFAULTS[algorithm]
    try:
        given = {name: checked_argument(algorithm, name, values[name]) for name in values if name in known}
    except UserError as error:
        raise UserError(f"{where} cannot be used: {error}") from error
    network = _NETWORKS.get(algorithm, Network()).model_dump()
    network |= {field: values[name] for name, field in NETWORK.items() if name in values}
    network |= values.get("net_arch", {})
    data = {
        "algorithm": algorithm,
        "arguments": {**known, **given},
        "network": network,
        **{name: value for name, value in values.items() if name in FIELDS},
    }
    try:
        return AgentConfig.model_validate(data)
    except ValidationError as error:
        problems = [_in_given_names(problem) for problem in describe_problems(error, AgentConfig, data)]
        raise UserError("\n  ".join([f"{where} cannot be used:", *problems])) from error


def _in_given_names(problem: str) -> str:
    """Return a problem of an `AgentConfig` with the name that was given in place of the field's path."""
    for name, field in {**NETWORK, "net_arch.pi": "pi", "net_arch.qf": "qf"}.items():
        problem = problem.replace(f"network.{field}", name)
    return problem


def values_of(agent: AgentConfig) -> dict[str, Any]:
    """Return the values that describe an agent completely: `agent_of` makes it of them again."""
    data = agent.model_dump(mode="json")
    network = data["network"]
    return {
        **SBX_DEFAULTS[agent.algorithm],
        **data["arguments"],
        **{name: network[field] for name, field in NETWORK.items()},
        "net_arch": {"pi": network["pi"], "qf": network["qf"]},
        **{name: data[name] for name in FIELDS},
    }
