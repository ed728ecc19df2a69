"""A study on the real Isaac Lab whose simulator, worker and manager are killed, one after the other."""

import random
import threading

import pytest

from tests.study.killed_study import KilledStudy

TASK = {
    "id": "Isaac-Cartpole",
    "simulator": "isaaclab",
    "num_envs": 64,
    "options": {"physics": "newton_mjwarp", "device": "cpu"},
}


@pytest.mark.timeout(900)
def test_nothing_is_lost_run_twice_or_left_behind(tmp_path):
    """Each is killed while a trial trains, as its ticks show."""
    study = KilledStudy(tmp_path, 3, TASK, workers=1)
    try:
        for role in ("server", "worker", "manager"):
            ticks = study.said("tick")
            while study.said("tick") == ticks:
                assert study.running
                threading.Event().wait(0.05)
            study.kill(role, random.Random(1))
        study.finish()
        assert study.killed == {"server": 1, "worker": 1, "manager": 1}
        study.check()
    finally:
        study.end()
