"""Facts that make an outcome reproducible: versions, machine, device, memory."""

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tuner.machine import describe_machine

_PACKAGES = ("sac-tuner", "sbx-rl", "stable-baselines3", "jax", "mujoco-core", "gymnasium", "numpy")


def environment_details() -> dict[str, Any]:
    """Return package versions, machine, JAX's device and the largest memory this process ever had, JSON-safe."""
    import jax

    details: dict[str, Any] = {
        "versions": _versions(),
        "machine": describe_machine(),
        "jax_backend": jax.default_backend(),
    }
    peak = _peak_memory_mib()
    if peak is not None:
        details["process_peak_memory_mib"] = peak
    return details


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # an engine that this installation does without
    return found


def _peak_memory_mib() -> float | None:
    """Return the peak resident memory in MiB; None where the system does not say."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    per_mib = 1024 * 1024 if sys.platform == "darwin" else 1024  # bytes there, KiB here
    return round(peak / per_mib, 1)
