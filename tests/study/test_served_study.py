"""A study whose simulators run in processes of their own, with any of its processes killed at any moment."""

import random
import sys
import threading
from pathlib import Path

import pytest

from tests.study.killed_study import KilledStudy

KILLS = 20


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_is_lost_run_twice_or_left_behind(tmp_path: Path) -> None:
    """The victims are the manager, its workers, the simulators and their keepers, by chance."""
    chance = random.Random(4)
    study = KilledStudy(tmp_path, 10, {"python": sys.executable})
    try:
        while study.killed.total() < KILLS and study.running:
            threading.Event().wait(chance.uniform(0.2, 4.0))
            study.kill(chance.choice(["manager", "worker", "server"]), chance)
        study.finish()
        assert set(study.killed) == {"manager", "worker", "server"}
        study.check()
    finally:
        study.end()
