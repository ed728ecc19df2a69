"""How long an agent takes to be ready to learn, and how much memory it takes, each measured in its own process."""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import jax
import psutil
from _learners import Case, Learner, Place, Subject, set_up

MEGABYTE = 2**20


@dataclass(frozen=True)
class Startup:
    """What one process measured."""

    first_seconds: float
    """Building and compiling the first agent."""
    second_seconds: float
    """The same for a second agent of the same shapes."""
    host_megabytes: float
    """Peak of the process's memory while the first agent trained, less what it was before the agent was built."""
    device_megabytes: float | None
    """Peak of the GPU memory that JAX used; None on a CPU."""


@dataclass(frozen=True)
class Startups:
    """A learner's start with nothing compiled, and with the programs that an earlier process left on disk."""

    cold: Startup
    cached: Startup


def measure_startups(case: Case, learner: Learner, place: Place, steps: int) -> Startups:
    """Start two processes, one after the other, that share a new folder for compiled programs."""
    with tempfile.TemporaryDirectory(prefix="learner-benchmark-") as folder:
        request = {"case": asdict(case), "learner": asdict(learner), "place": asdict(place), "steps": steps}
        command = [sys.executable, __file__, json.dumps(request | {"cache": folder})]
        cold, cached = (_run(command) for _ in range(2))
    return Startups(cold, cached)


def _run(command: list[str]) -> Startup:
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Startup(**json.loads(result.stdout.splitlines()[-1]))


def _measure(case: Case, learner: Learner, place: Place, steps: int) -> Startup:
    jax.block_until_ready(jax.numpy.zeros(1))  # JAX's own start does not count
    before = psutil.Process().memory_info().rss / MEGABYTE
    subject = Subject(case, learner, place)
    subject.begin(steps)
    subject.train(steps)
    host = _peak_megabytes() - before
    statistics = jax.devices()[0].memory_stats() or {}
    device = statistics.get("peak_bytes_in_use")
    second = Subject(case, learner, place)
    return Startup(
        subject.ready_seconds, second.ready_seconds, host, None if device is None else float(device) / MEGABYTE
    )


def _peak_megabytes() -> float:
    """Return the peak memory of this process; getrusage would include the parent process that it was forked from."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this kernel does not report the peak memory of a process")


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    given["case"]["network"] = tuple(given["case"]["network"])
    set_up(cache=Path(given["cache"]))
    measured = _measure(Case(**given["case"]), Learner(**given["learner"]), Place(**given["place"]), given["steps"])
    print(json.dumps(asdict(measured)))
