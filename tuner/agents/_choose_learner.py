"""Choose what updates an agent, the fused learner or SBX's own `train`, and check that it can do what is asked."""

import inspect
from typing import Any

import jax
from gymnasium import spaces

from tuner.agents.fused import FUSED_CLASSES, bytes_needed, capacity_of
from tuner.agents.stock import STOCK_CLASSES
from tuner.config import AgentConfig
from tuner.errors import MemoryLimitError, UserError
from tuner.machine import memory_share_bytes, workers_sharing_memory


def check_alternatives(config: AgentConfig) -> None:
    """Refuse alternatives that the agent's learner does not have, or that exclude each other.

    Raises:
        UserError: naming the option, and what to do.
    """
    asked = {
        "action_box_schedule": config.action_box_schedule is not None,
        "bounds_penalty": config.bounds_penalty is not None,
        "squash: false": not config.squash,
        "alive_bonus": config.alive_bonus != 0,
        "target_entropy_schedule": config.target_entropy_schedule is not None,
    }
    if config.algorithm not in FUSED_CLASSES or config.learner == "stock":
        for option, given in asked.items():
            if given:
                who = config.algorithm if config.algorithm not in FUSED_CLASSES else f"{config.algorithm}'s stock one"
                raise UserError(
                    f"Only the fused learner of {' and '.join(FUSED_CLASSES)} has {option}, and this is {who}. Leave "
                    "it out, or change algorithm or learner."
                )
    for option in ("mean_penalty", "max_ent_coef"):
        value = getattr(config, option)
        if value and config.algorithm not in FUSED_CLASSES:
            raise UserError(
                f"{option} is {value:g}, which only {' and '.join(FUSED_CLASSES)} have, and this is "
                f"{config.algorithm}. Leave it out, or change the algorithm."
            )
    if config.critics_for_actor != "min" and config.algorithm != "sac":
        raise UserError(
            f"critics_for_actor is mean, which only sac has, and this is {config.algorithm}; tqc always takes the "
            "mean. Leave it out, or change the algorithm."
        )
    ent_coef = config.arguments.get("ent_coef", "auto")
    if config.max_ent_coef is not None:
        _check_max_ent_coef(config.max_ent_coef, ent_coef)
    if config.target_entropy_schedule is not None and not isinstance(ent_coef, str):
        raise UserError(
            f"The agent has a target_entropy_schedule, but the argument ent_coef is {ent_coef!r}, which stays as it is "
            f"whatever the entropy. Leave the schedule out, or give ent_coef: auto_{ent_coef!r}."
        )
    if not config.squash and config.action_box_schedule is not None:
        raise UserError(
            "An actor that is not squashed has no box that could widen, but the agent has squash: false and an "
            "action_box_schedule. Leave one of them out."
        )
    if not config.squash and config.arguments.get("action_noise") is not None:
        raise UserError(
            "An actor that is not squashed explores by its own deviation, but the agent has squash: false and an "
            "action_noise. Leave action_noise out."
        )


def _check_max_ent_coef(limit: float, ent_coef: Any) -> None:
    """Refuse a limit for a coefficient that is fixed, or that starts above it: "auto" starts at 1."""
    if not isinstance(ent_coef, str):
        raise UserError(
            f"max_ent_coef is {limit:g}, but the argument ent_coef is {ent_coef!r}, which stays as it is. Leave "
            f"max_ent_coef out, or give ent_coef: auto_{ent_coef!r}."
        )
    start = float(ent_coef.partition("_")[2] or 1.0)
    if start > limit:
        raise UserError(
            f"The argument ent_coef is '{ent_coef}', which starts at {start:g}, above max_ent_coef {limit:g}. Give a "
            f"start of at most that, such as auto_{limit:g}."
        )


REPLAY_SHARE = 0.5
"""Share of the memory that the replay buffer may take: of the device's with the fused learner, of the host's without.
The rest is for the batches, the networks, the simulator and the other programs of the machine. Workers that share the
memory divide it among them."""


def uses_fused_learner(config: AgentConfig, arguments: dict[str, Any], *, num_envs: int) -> bool:
    """Return whether the fused learner updates the agent.

    Args:
        config: the agent.
        arguments: its constructor arguments as SBX takes them.
        num_envs: robots that it learns from.

    Raises:
        UserError: if the fused learner is asked for and cannot learn as configured.
    """
    check_alternatives(config)
    if config.learner == "stock" or config.algorithm not in FUSED_CLASSES:
        if config.precision != "float32":
            raise UserError(
                f"precision is {config.precision}, which only the fused learner of {' and '.join(FUSED_CLASSES)} has. "
                "Set learner to fused, or leave precision out."
            )
        return False
    read = _Arguments(config, arguments)
    train_freq, gradient_steps, delay = read["train_freq"], read["gradient_steps"], read["policy_delay"]
    if gradient_steps < 0:
        gradient_steps = train_freq * num_envs
    if gradient_steps % delay:
        raise UserError(
            f"A policy_delay of {delay} does not divide gradient_steps {gradient_steps}, but the fused learner updates "
            "in blocks of so many critic updates and one actor update. Give numbers that divide, such as powers "
            "of two, or set learner to stock."
        )
    batch, collected = read["batch_size"], train_freq * num_envs
    rollouts = read["learning_starts"] // collected + 1
    stored = min(rollouts * collected, capacity_of(read["buffer_size"], num_envs, train_freq) * num_envs)
    if batch > stored:
        raise UserError(
            f"A batch_size of {batch} is more than the {stored} transitions stored when learning starts. Give "
            f"learning_starts of at least {batch - 1} and a buffer_size of at least {batch}, or a smaller batch_size."
        )
    return True


def check_memory(
    config: AgentConfig,
    arguments: dict[str, Any],
    *,
    fused: bool,
    num_envs: int,
    observation_space: spaces.Box,
    action_space: spaces.Box,
) -> None:
    """Refuse a replay buffer that takes more than `REPLAY_SHARE` of the memory, before it is allocated.

    Args:
        config: the agent.
        arguments: its constructor arguments as SBX takes them.
        fused: whether the buffer lies on the device.
        num_envs: robots that the agent learns from.
        observation_space: of one robot.
        action_space: of one robot.

    Raises:
        MemoryLimitError: with the bytes that it needs and the bytes that it may take.
    """
    if not config.off_policy:
        return
    read = _Arguments(config, arguments)
    rows = capacity_of(read["buffer_size"], num_envs, read["train_freq"] if fused else 1)
    asked = bytes_needed(rows, num_envs, observation_space, action_space)
    total = _device_bytes() if fused else memory_share_bytes()
    if asked > REPLAY_SHARE * total:
        workers = workers_sharing_memory()
        memory, fewer = (
            ("the memory", "")
            if workers == 1
            else (f"the memory's share of each of {workers} workers", ", or fewer workers")
        )
        raise MemoryLimitError(
            f"The replay buffer of {rows * num_envs:,} transitions asks for {asked:,} bytes, more than the "
            f"{int(REPLAY_SHARE * total):,} it may have, which are {REPLAY_SHARE:.0%} of {memory}. Give a smaller "
            f"buffer_size or fewer robots{fewer}.",
            bytes_asked=asked,
            bytes_allowed=int(REPLAY_SHARE * total),
        )


class _Arguments:
    """Looks up an argument, or SBX's default for it."""

    def __init__(self, config: AgentConfig, arguments: dict[str, Any]) -> None:
        self._given = arguments
        self._defaults = inspect.signature(STOCK_CLASSES[config.algorithm].__init__).parameters

    def __getitem__(self, name: str) -> Any:
        return self._given[name] if name in self._given else self._defaults[name].default


def _device_bytes() -> int:
    """Return what this worker may take of the memory of JAX's default device; of a CPU it is the machine's."""
    statistics = jax.devices()[0].memory_stats() or {}
    return int(statistics.get("bytes_limit", memory_share_bytes()))
