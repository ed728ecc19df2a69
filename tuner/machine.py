"""What a computer is, without its name, and how much of it this process may use."""

import math
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path

import psutil

_CPU_INFO = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
"""Linux's names for BF16 products: of x86's vector and matrix units (AVX-512, AMX), and of Arm."""

_CUDA_PLUGINS = ("jax_cuda13_plugin", "jax_cuda12_plugin")
"""Packages that let JAX use NVIDIA's driver; `pip install 'jax[cuda13]'` and `'jax[cuda12]'` bring them."""

WORKERS_VARIABLE = "SAC_TUNER_WORKERS"
"""Environment variable in which a pool tells a worker how many workers share the machine's memory."""
GPU_WORKERS_VARIABLE = "SAC_TUNER_GPU_WORKERS"
"""Environment variable in which a pool tells a worker how many workers share its GPU."""


def describe_machine() -> dict[str, str | int]:
    """Return the processor's model as `cpu`, the number of CPUs as `cores`, and system and architecture as `system`."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}".strip() or "unknown",
    }


def machine_text(described: Mapping[str, str | int] | None) -> str:
    """Return processor and number of CPUs of a machine that `describe_machine` described; nothing for None."""
    return f"{described['cpu']}, {described['cores']} CPUs" if described else ""


def _processor() -> str:
    """Return the processor's name, and on x86 its family and model: hypervisors name generations alike."""
    name = _cpu_info("model name") or platform.processor() or platform.machine() or "unknown"
    family, model = _cpu_info("cpu family"), _cpu_info("model")
    return f"{name} (family {family}, model {model})" if family and model else name


def processor_has_bfloat16() -> bool:
    """Return whether the processor has instructions that multiply bfloat16 numbers, as Linux reports it.

    Without them XLA converts every number, and products take several times as long as in float32. False also where the
    system does not report the processor's features.
    """
    flags = _cpu_info("flags") or _cpu_info("features")  # of x86, of Arm
    return not _BFLOAT16_FLAGS.isdisjoint(flags.split())


def may_have_bfloat16(devices: Path = Path("/dev"), *, cuda: bool | None = None) -> bool:
    """Return whether agents that train on this machine may have units for bfloat16: the processor's or a GPU's.

    Of GPUs it only asks whether there are any that JAX may use, as only JAX knows their kind. Those from before 2020
    have no such units.

    Args:
        devices: see `visible_gpus`.
        cuda: see `jax_may_use_gpus`.
    """
    return processor_has_bfloat16() or (jax_may_use_gpus(cuda=cuda) and bool(visible_gpus(devices)))


def jax_may_use_gpus(*, cuda: bool | None = None) -> bool:
    """Return whether JAX would use a GPU of NVIDIA if there is one: it has CUDA, and `JAX_PLATFORMS` allows it.

    Args:
        cuda: whether JAX is installed with CUDA; looked up unless given.
    """
    platforms = {name.strip() for name in os.environ.get("JAX_PLATFORMS", "").split(",")}
    if not platforms & {"", "cuda", "gpu"}:
        return False
    return jax_has_cuda() if cuda is None else cuda


def jax_has_cuda() -> bool:
    """Return whether JAX is installed with CUDA."""
    return any(find_spec(name) for name in _CUDA_PLUGINS)


def _cpu_info(name: str) -> str:
    """Return what Linux says about the first CPU under a name in lower case; nothing on another system."""
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    fields = (line.partition(":") for line in lines)
    return next((value.strip() for key, _, value in fields if key.strip().lower() == name), "")


@dataclass(frozen=True)
class ControlGroups:
    """The Linux control groups of this process, version 1 or 2; a container's limits are those of its groups.

    A group is bound by its own limits and by those of all groups above it. See the kernel's documentation,
    `admin-guide/cgroup-v2.rst` and `admin-guide/cgroup-v1/memory.rst`.
    """

    root: Path = Path("/sys/fs/cgroup")
    """Where the groups are mounted."""
    membership: Path = Path("/proc/self/cgroup")
    """Names the groups of this process."""

    def memory_bytes(self) -> int | None:
        """Return the smallest limit of the memory; None where there is none, or on another system."""
        files = ("memory.max", "memory.high", "memory.limit_in_bytes")
        texts = [_text(folder / file) for folder in self._folders("memory") for file in files]
        return min((int(text) for text in texts if text.isdigit()), default=None)  # the others say `max`

    def cpus(self) -> float | None:
        """Return the smallest quota of processor time, in CPUs; None where there is none, or on another system."""
        quotas = []
        for folder in self._folders("cpu"):
            limit, _, period = _text(folder / "cpu.max").partition(" ")  # version 2: both in one file
            if not period:
                limit, period = _text(folder / "cpu.cfs_quota_us"), _text(folder / "cpu.cfs_period_us")
            if limit.isdigit() and period.isdigit() and int(period) > 0:  # no limit is `max`, or -1
                quotas.append(int(limit) / int(period))
        return min(quotas, default=None)

    def _folders(self, controller: str) -> Iterator[Path]:
        """Yield the folders of this process's groups for a controller, each followed by those above it."""
        try:
            lines = self.membership.read_text().splitlines()
        except OSError:
            return
        for line in lines:
            _, controllers, path = line.split(":", 2)
            if controllers and controller not in controllers.split(","):
                continue
            base = self.root / controller if controllers else self.root  # version 2 names no controllers
            # Seen from inside a container, the path may be one of the host that does not exist here, or lead out of
            # what is mounted with `..`. What is mounted is then the container's own group.
            folder = base / path.strip("/") if ".." not in path else base
            yield from (folder, *(above for above in folder.parents if above.is_relative_to(base)))


_OWN_GROUPS = ControlGroups()


def memory_limit_bytes(groups: ControlGroups = _OWN_GROUPS) -> int:
    """Return the memory that this process and its siblings may use, bytes: the machine's, or a container's limit."""
    total = int(psutil.virtual_memory().total)
    limit = groups.memory_bytes()
    return total if limit is None else min(total, limit)


def memory_share_bytes(groups: ControlGroups = _OWN_GROUPS) -> int:
    """Return this worker's equal share of `memory_limit_bytes`; all of it outside of a pool."""
    return memory_limit_bytes(groups) // workers_sharing_memory()


def workers_sharing_memory() -> int:
    """Return how many workers share the machine's memory, this process among them; 1 outside of a pool."""
    return _count(WORKERS_VARIABLE)


def workers_sharing_gpu() -> int:
    """Return how many workers share this process's GPU, if there is one; 1 outside of a pool."""
    return _count(GPU_WORKERS_VARIABLE)


def allowed_cpus() -> list[int]:
    """Return the CPUs that this process may run on, in order."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def granted_cpu_count(groups: ControlGroups = _OWN_GROUPS) -> int:
    """Return how many CPUs this process can keep busy: those it may run on, or a container's quota, at least 1.

    More threads than that gain nothing: a quota stops all of them for the rest of each tenth of a second.
    """
    allowed, quota = len(allowed_cpus()), groups.cpus()
    return allowed if quota is None else max(1, min(allowed, math.floor(quota)))


def visible_gpus(devices: Path = Path("/dev")) -> list[str]:
    """Return the NVIDIA GPUs that this process may use, as `CUDA_VISIBLE_DEVICES` names them.

    Args:
        devices: the folder in which the driver has a file `nvidia0`, `nvidia1`, … for each GPU that is there.
    """
    count = sum(1 for file in devices.glob("nvidia*") if file.name.removeprefix("nvidia").isdigit())
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if count == 0 or chosen is None:
        return [str(number) for number in range(count)]
    # CUDA ignores the first name that is not a GPU's, such as -1, and all that follow.
    names = (name.strip() for name in chosen.split(","))
    return list(takewhile(lambda name: name.isdigit() or name.startswith(("GPU-", "MIG-")), names))


def _count(variable: str) -> int:
    with suppress(ValueError):
        return max(1, int(os.environ.get(variable, "")))
    return 1


def _text(file: Path) -> str:
    """Return what a control group's file says; nothing if there is no such file."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""
