"""A study whose simulators run in processes of their own, with any of its processes killed at any moment."""

import itertools
import random
import sys
import threading
from pathlib import Path

import pytest

from tests.study.killed_study import KilledStudy

KILLS = 6


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_run_twice_or_left_behind(tmp_path: Path) -> None:
    """The victims are the manager, its workers, the simulators and their keepers, in turns and by chance."""
    chance = random.Random(4)
    roles = itertools.cycle(["manager", "worker", "server"])
    study = KilledStudy(tmp_path, 10, {"python": sys.executable})
    try:
        while study.killed.total() < KILLS and study.running:
            threading.Event().wait(chance.uniform(0.2, 4.0))
            study.kill(next(roles), chance)
        study.finish()
        assert set(study.killed) == {"manager", "worker", "server"}
        study.check()
    finally:
        study.end()
