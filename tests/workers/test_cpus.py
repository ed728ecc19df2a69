"""Workers get CPUs of their own while there are enough."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tuner.machine import allowed_cpus, granted_cpu_count
from tuner.workers._cpus import available_cpus, claim_cpus, overlap, running_on, some_cpus, split_cpus


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


@pytest.mark.parametrize(
    ("count", "first", "expected"),
    [(4, 2, [3, 5, 6, 9]), (9, 1, [3, 5, 6, 9]), (2, 0, [3, 5]), (2, 2, [6, 9]), (2, 3, [3, 9])],
)
def test_a_quota_for_fewer_cpus_is_spent_on_neighbours(count: int, first: int, expected: list[int]) -> None:
    assert some_cpus([3, 5, 6, 9], count, first) == expected


def test_workers_get_what_this_process_may_use() -> None:
    cpus = available_cpus()
    assert len(cpus) == granted_cpu_count()
    assert set(cpus) <= set(allowed_cpus())


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no CPU affinity")
def test_a_process_is_born_on_its_cpus() -> None:
    before = os.sched_getaffinity(0)
    last = available_cpus()[-1]
    with running_on(frozenset({last})):
        code = "import os; print(sorted(os.sched_getaffinity(0)))"
        born_on = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert born_on.strip() == f"[{last}]"
    assert os.sched_getaffinity(0) == before


def test_claims_are_held_until_they_are_released(tmp_path: Path) -> None:
    first, locks = claim_cpus([4, 5, 6], 2, tmp_path / "cpus")
    assert first == {4, 5}
    second, _ = claim_cpus([4, 5, 6], 2, tmp_path / "cpus")
    assert second == {6}  # fewer than wanted
    locks[1].release()
    assert claim_cpus([4, 5, 6], 2, tmp_path / "cpus")[0] == {5}


def test_a_claim_ends_with_its_process(tmp_path: Path) -> None:
    claim = "import sys; from pathlib import Path; from tuner.workers._cpus import claim_cpus"
    program = f"{claim}; own = claim_cpus([0], 1, Path(sys.argv[1])); print('held', flush=True); input()"
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert claim_cpus([0], 1, tmp_path)[0] == frozenset()
        holder.kill()
    assert claim_cpus([0], 1, tmp_path)[0] == {0}
