"""Where learning and acting run, so that a robot's next action does not wait for the update under way."""

import contextlib
import os
from typing import Any

import jax

GPU_MEMORY_SHARE = 0.6
"""Share of a GPU's memory that JAX takes at its start; a simulator on the same GPU needs the rest."""


def set_up_devices() -> None:
    """Give JAX a second CPU device to act on, and say how much of a GPU it may take; to be called before JAX is used.

    The programs of one device run one after the other. Two CPU devices share the same threads and memory, but each
    runs its own programs. A process that has used JAX already keeps the devices it has, and agents in it act between
    updates. An environment variable of JAX's own (XLA_PYTHON_CLIENT_MEM_FRACTION) goes before.
    """
    os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", str(GPU_MEMORY_SHARE))
    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", 2)  # type: ignore[no-untyped-call]


def acting_device() -> Any | None:
    """Return the device to act on while the first one learns, or None if both must share one."""
    devices = jax.devices()
    return devices[1] if len(devices) > 1 and devices[0].platform == "cpu" else None
