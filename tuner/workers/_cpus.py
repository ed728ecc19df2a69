"""Which CPUs each worker runs on, so that trials do not slow each other down."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tuner.machine import allowed_cpus, granted_cpu_count


def available_cpus() -> list[int]:
    """Return the CPUs that workers are pinned to, in order: those that this process may use.

    A container's quota may pay for fewer. Then they are that many neighbours, from a random one on: all containers on
    a machine see the same CPUs, and would all use the first ones.
    """
    allowed = allowed_cpus()
    return some_cpus(allowed, granted_cpu_count(), secrets.randbelow(len(allowed)))


def some_cpus(cpus: list[int], count: int, first: int) -> list[int]:
    """Return `count` of the CPUs, in order; they follow each other from the one at index `first` on."""
    return sorted((cpus[first:] + cpus[:first])[:count])


def split_cpus(cpus: list[int], workers: int, threads: int) -> list[frozenset[int]]:
    """Return a set of `threads` CPUs for each worker.

    The sets are disjoint while there are CPUs enough. Beyond that the count starts over, so that the load is spread
    evenly; a worker that wants more threads than there are CPUs gets all of them.
    """
    threads = min(threads, len(cpus))
    return [
        frozenset(cpus[(worker * threads + thread) % len(cpus)] for thread in range(threads))
        for worker in range(workers)
    ]


def overlap(sets: list[frozenset[int]]) -> bool:
    """Return whether two of the sets share a CPU."""
    return len(frozenset().union(*sets)) < sum(len(cpus) for cpus in sets)


def claim_cpus(cpus: list[int], count: int, folder: Path) -> tuple[frozenset[int], list[FileLock]]:
    """Return `count` of the CPUs that no other process on this machine has claimed in the same folder.

    Args:
        cpus: those to choose from; where there are fewer than `count`, all of them are wanted.
        count: how many are wanted.
        folder: has a lock for each CPU; created if missing.

    Returns:
        The CPUs, and the locks that hold them until they are released or this process ends. There are fewer of both
        where others have the rest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own: dict[int, FileLock] = {}
    for cpu in cpus:
        lock = FileLock(folder / f"cpu-{cpu}.lock", thread_local=False, fallback_to_soft=False)
        with suppress(Timeout):
            lock.acquire(blocking=False)
            own[cpu] = lock
        if len(own) == count:
            break
    return frozenset(own), list(own.values())


@contextmanager
def running_on(cpus: frozenset[int]) -> Iterator[None]:
    """Pin the calling thread to `cpus` inside the `with` block; processes started there inherit it from birth.

    Pinning a process from its own first line would come too late: libraries size their thread pools, and start them,
    while they are imported. Where the system has no affinity (macOS, Windows) nothing is pinned.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
