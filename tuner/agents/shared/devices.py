"""Where learning and acting run, so that a robot's next action does not wait for the update in progress."""

import contextlib
import os
from typing import Any

import jax

from tuner.machine import workers_sharing_gpu

OPTIMIZATION_LEVEL = 1
"""Optimisation level of XLA's backend. A process that finds no compiled programs on the disk is ready sooner than with
XLA's default, and learns as fast: matrix products come from libraries, and level 1 vectorises the rest."""
GPU_MEMORY_SHARE = 0.6
"""Share of a GPU's memory that JAX may take in all workers on it together; simulators there need the rest."""

_LEVEL_FLAG = "xla_backend_optimization_level"


def set_up_devices() -> None:
    """Give JAX a second CPU device to act on, compile fast, and leave room on a GPU. Call it before JAX is used.

    The programs of one device run one after the other. Two CPU devices share the same threads and memory, but each
    runs its own programs. A process that has used JAX already keeps the devices it has, and agents in it act between
    updates. What the environment already sets (XLA_FLAGS, XLA_PYTHON_CLIENT_MEM_FRACTION) takes precedence.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if _LEVEL_FLAG not in flags:
        os.environ["XLA_FLAGS"] = f"{flags} --{_LEVEL_FLAG}={OPTIMIZATION_LEVEL}".strip()
    os.environ.setdefault("XLA_PYTHON_CLIENT_MEM_FRACTION", f"{GPU_MEMORY_SHARE / workers_sharing_gpu():.3g}")
    with contextlib.suppress(RuntimeError):
        jax.config.update("jax_num_cpu_devices", 2)  # type: ignore[no-untyped-call]


def acting_device() -> Any | None:
    """Return the device to act on while the first one learns, or None if both must share one."""
    devices = jax.devices()
    return devices[1] if len(devices) > 1 and devices[0].platform == "cpu" else None
