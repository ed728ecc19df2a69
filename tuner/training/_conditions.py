"""Facts that make an outcome reproducible: versions, machine, device, memory."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil

from tuner.machine import describe_machine

FOREIGN_SHARE = 0.10
"""Contended if others took more than this share of the time of the CPUs this process may run on …"""

SATURATED_SHARE = 0.80
"""… and those CPUs were busy for more than this share of the time: with CPUs to spare, no work had to wait."""


@dataclass(frozen=True)
class CpuTimes:
    """CPU seconds since some moment in the past."""

    own: float
    """Used by this process, the processes that it started, and its simulator's, all threads."""
    busy: float
    """Used by all processes, the hypervisor's other guests included, on the CPUs this process may run on."""
    total: float
    """Passed on those CPUs, idle time included."""


def read_cpu_times(simulator: int | None = None) -> CpuTimes:
    """Read the counters. Where the system does not say which CPUs the process may use, all are counted.

    Args:
        simulator: a process that simulates for this one, with its children, if there is one.
    """
    process = psutil.Process()
    times = psutil.cpu_times(percpu=True)
    allowed = process.cpu_affinity() if hasattr(process, "cpu_affinity") else None
    mine = times if not allowed else [times[cpu] for cpu in allowed if cpu < len(times)]
    # On Linux, guest time is contained in user time; everything else adds up.
    total = sum(sum(cpu) - getattr(cpu, "guest", 0.0) - getattr(cpu, "guest_nice", 0.0) for cpu in mine)
    idle = sum(cpu.idle + getattr(cpu, "iowait", 0.0) for cpu in mine)
    family = [process, *process.children(recursive=True)]
    if simulator is not None:
        with suppress(psutil.NoSuchProcess):
            family += [psutil.Process(simulator), *psutil.Process(simulator).children(recursive=True)]
    return CpuTimes(own=sum(_cpu_seconds(member) for member in family), busy=total - idle, total=total)


def _cpu_seconds(process: psutil.Process) -> float:
    try:
        used = process.cpu_times()
    except psutil.NoSuchProcess:  # it ended since it was listed
        return 0.0
    return float(used.user + used.system)


def is_contended(before: CpuTimes, after: CpuTimes) -> bool:
    """Judge the time between two readings."""
    total = after.total - before.total
    if total <= 0:
        return False  # too short for the kernel's counters, or a system that has none
    busy = after.busy - before.busy
    foreign = busy - (after.own - before.own)
    return foreign / total > FOREIGN_SHARE and busy / total > SATURATED_SHARE


_PACKAGES = ("sac-tuner", "sbx-rl", "stable-baselines3", "jax", "mujoco-core", "gymnasium", "numpy")


def environment_details() -> dict[str, Any]:
    """Return package versions, machine, JAX's device and the largest memory this process ever had, JSON-safe."""
    import jax

    details: dict[str, Any] = {
        "versions": package_versions(),
        "machine": describe_machine(),
        "jax_backend": jax.default_backend(),
    }
    peak = _peak_memory_mib()
    if peak is not None:
        details["process_peak_memory_mib"] = peak
    return details


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that training uses, as far as they are installed."""
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
