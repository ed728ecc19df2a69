"""What a computer is, without its name."""

import os
import platform
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")


def describe_machine() -> dict[str, str | int]:
    """Return the processor's model as `cpu`, the number of CPUs as `cores`, and system and architecture as `system`."""
    return {
        "cpu": _processor(),
        "cores": os.cpu_count() or 1,
        "system": f"{platform.system()} {platform.machine()}".strip() or "unknown",
    }


def _processor() -> str:
    try:
        lines = _CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []  # another system than Linux
    named = next((line.partition(":")[2].strip() for line in lines if line.lower().startswith("model name")), "")
    return named or platform.processor() or platform.machine() or "unknown"
