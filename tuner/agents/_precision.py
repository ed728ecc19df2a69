"""Whether an agent can compute in the precision that it asks for."""

from collections.abc import Callable
from typing import Any

import jax

from tuner.agents.fused import FUSED_CLASSES
from tuner.config import AgentConfig
from tuner.machine import processor_has_bfloat16

_FIRST_CAPABILITY = 8.0
"""NVIDIA's GPUs multiply bfloat16 numbers from this compute capability on (Ampere)."""


def usable_precision(
    config: AgentConfig, *, say: Callable[[str], None], device: jax.Device | None = None
) -> AgentConfig:
    """Return the agent with `precision: float32` instead of bfloat16 where the device has no units for bfloat16.

    Nothing else about the agent changes, and neither does an agent whose learner has no precision.

    Args:
        config: the agent.
        say: gets one line for the user if the precision is changed.
        device: where the agent learns; JAX's first device by default.
    """
    fused = config.algorithm in FUSED_CLASSES and config.learner == "fused"
    if config.precision != "bfloat16" or not fused:
        return config
    place = jax.devices()[0] if device is None else device
    if multiplies_bfloat16(place):
        return config
    name = "this processor" if place.platform == "cpu" else f"this GPU ({place.device_kind})"
    say(
        f"WARNING: precision is bfloat16, but {name} has no BF16 units and would be slower with it, so the agent "
        "trains in float32."
    )
    return config.model_copy(update={"precision": "float32"})


def multiplies_bfloat16(device: Any) -> bool:
    """Return whether a device of JAX has units for products of bfloat16 numbers; without them float32 is faster.

    A GPU that has no compute capability of NVIDIA's, and any other accelerator, such as a TPU, is taken to have them.
    """
    if device.platform == "cpu":
        return processor_has_bfloat16()
    try:
        return float(getattr(device, "compute_capability", "")) >= _FIRST_CAPABILITY
    except ValueError:
        return True
