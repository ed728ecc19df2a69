"""CPUs are dealt out so that workers do not meet while there are enough."""

import os
import subprocess
import sys

import pytest

from tuner.workers._cpus import available_cpus, overlap, running_on, split_cpus


@pytest.mark.parametrize(
    ("cpus", "workers", "threads", "expected", "shared"),
    [
        ([0, 1, 2, 3], 2, 2, [{0, 1}, {2, 3}], False),
        ([4, 5, 6], 2, 1, [{4}, {5}], False),  # CPU 6 stays free
        ([0, 1, 2], 2, 2, [{0, 1}, {2, 0}], True),
        ([3, 7], 4, 1, [{3}, {7}, {3}, {7}], True),
        ([0, 1], 2, 8, [{0, 1}, {0, 1}], True),
        ([0, 1], 1, 8, [{0, 1}], False),  # fewer than asked for, but its own
    ],
)
def test_split(cpus: list[int], workers: int, threads: int, expected: list[set[int]], shared: bool) -> None:
    sets = split_cpus(cpus, workers, threads)
    assert sets == expected
    assert overlap(sets) is shared


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU affinity")
def test_a_process_is_born_on_its_cpus() -> None:
    before = os.sched_getaffinity(0)
    last = available_cpus()[-1]
    with running_on(frozenset({last})):
        code = "import os; print(sorted(os.sched_getaffinity(0)))"
        born_on = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert born_on.strip() == f"[{last}]"
    assert os.sched_getaffinity(0) == before
