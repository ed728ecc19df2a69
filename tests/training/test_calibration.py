"""How fast a device is: measured once a day and process, off every clock, without leaving a trace in the task."""

import json

import numpy as np
import pytest
from gymnasium import spaces

from tests.support.point_mass import PointMassEnv
from tests.training.timed_point_mass import STEP_SECONDS, TimedPointMassEnv
from tuner.clock import ManualClock, MonotonicClock
from tuner.config import TaskConfig
from tuner.machine import granted_cpu_count
from tuner.training import calibrate, describe_device
from tuner.training._calibration import _moderate_box, _steps_per_second

TASK = TaskConfig(id="PointMass", num_envs=4)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Return the folder of what is kept; programs are still taken from where JAX was told."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "sac-tuner" / "calibrations"


def trajectory(env):
    env.seed(3)
    env.reset()
    return [env.step(np.full((4, 1), 0.5, np.float32))[0] for _ in range(5)]


def test_the_device_is_this_one():
    device = describe_device()
    assert (device.threads, device.accelerator, device.sharing) == (granted_cpu_count(), None, 1)
    assert device.cpu


def test_steps_of_all_robots_are_counted():
    clock = ManualClock()
    # 0.125 s a step, whatever the number of robots: 8 steps/s of 4 robots.
    assert _steps_per_second(TimedPointMassEnv(4, clock), clock) == 4 / STEP_SECONDS


def test_both_speeds_are_measured_and_the_task_is_as_before(kept, monkeypatch):
    env = PointMassEnv(4)
    before = trajectory(env)
    monkeypatch.setattr("tuner.training._calibration.is_contended", lambda *_: False)
    measured = calibrate(env, TASK, MonotonicClock())
    assert measured.env_steps_per_second > 0
    assert measured.updates_per_second > 0
    assert (measured.device, measured.task["id"], measured.contended) == (describe_device(), "PointMass", False)
    assert "jax" in measured.versions
    np.testing.assert_array_equal(trajectory(env), before)

    (file,) = kept.glob("*.json")
    changed = {**json.loads(file.read_text()), "updates_per_second": 123.0}
    file.write_text(json.dumps(changed))
    again = calibrate(env, TASK, MonotonicClock())
    assert again.updates_per_second == 123.0, "another process finds what was measured today"
    with monkeypatch.context() as tomorrow:
        now = measured.measured_epoch_seconds
        tomorrow.setattr("tuner.training._calibration.wall_time", lambda: now + 25 * 3600)
        tomorrow.setattr("tuner.training._calibration._updates_per_second", lambda *_: 7.0)
        assert calibrate(env, TASK, MonotonicClock()).updates_per_second == 7.0


def test_what_cannot_start_again_is_not_stepped_and_contention_is_told(kept, monkeypatch):
    class Curriculum(PointMassEnv):
        restarts = False

        def step_wait(self):
            raise AssertionError("it must not be stepped")

    monkeypatch.setattr("tuner.training._calibration.is_contended", lambda *_: True)
    monkeypatch.setattr("tuner.training._calibration._updates_per_second", lambda *_: 7.0)
    measured = calibrate(Curriculum(4), TASK, MonotonicClock())
    assert (measured.env_steps_per_second, measured.contended) == (None, True)
    assert list(kept.glob("*.json")) == [], "beside other work it is not kept"


def test_random_actions_are_moderate():
    low, high = np.array([-100, 0, 5, -np.inf], np.float32), np.array([100, 0.5, 105, np.inf], np.float32)
    box = _moderate_box(spaces.Box(low, high))
    assert (box.low, box.high) == ((-1, 0, 54, -1), (1, 0.5, 56, 1))
