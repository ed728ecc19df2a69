"""The meter on the real point mass, under a manual clock."""

import numpy as np
import pytest

from tests.support.point_mass import PointMassEnv
from tests.training.timed_point_mass import STEP_SECONDS, MeasuringEnv, TimedPointMassEnv
from tuner.clock import Ledger, ManualClock
from tuner.training._meter import Meter, NonFiniteError, NonFiniteTaskError


def still(robots=4):
    return np.zeros((robots, 1), np.float32)


def test_books_stepping_to_simulate():
    clock = ManualClock()
    ledger = Ledger(clock, "act")
    meter = Meter(TimedPointMassEnv(4, clock), ledger)
    meter.reset()
    meter.step(still())
    meter.step(still())
    clock.sleep(1.0)
    assert ledger.totals()["simulate"] == 2 * STEP_SECONDS
    assert ledger.totals()["act"] == 1.0


class SlowResets(TimedPointMassEnv):
    """Resets of all robots take 2 s; a step takes half a second longer for each robot whose episode ends in it."""

    def reset(self):
        self.clock.sleep(2.0)
        return super().reset()

    def step_wait(self):
        observations, rewards, dones, infos = super().step_wait()
        self.clock.sleep(0.5 * dones.sum())
        return observations, rewards, dones, infos


def test_the_seconds_of_resets_are_told_from_those_of_steps():
    clock = ManualClock()
    ledger = Ledger(clock, "act")
    meter = Meter(SlowResets(4, clock, max_episode_steps=3), ledger)
    assert meter.reset_seconds == 0.0
    meter.reset()
    assert meter.reset_seconds == 2.0
    for _ in range(7):  # all four robots time out in the steps 3 and 6
        meter.step(still())
    assert meter.reset_seconds == pytest.approx(2.0 + 2 * 4 * 0.5)
    assert ledger.totals()["simulate"] == pytest.approx(2.0 + 7 * STEP_SECONDS + 4.0)


def test_books_nothing_when_told_not_to():
    clock = ManualClock()
    ledger = Ledger(clock, "evaluate")
    meter = Meter(TimedPointMassEnv(4, clock), ledger)
    meter.booking = False
    meter.reset()
    meter.step(still())
    assert ledger.totals()["evaluate"] == STEP_SECONDS
    assert ledger.training_seconds == 0.0


def test_tells_failures_from_time_outs():
    # Robot 0 is pushed out beyond 2 m and fails; the others stand still until the episode is over after 60 steps.
    env = PointMassEnv(3, max_episode_steps=60)
    env.seed(1)
    meter = Meter(env, Ledger(ManualClock()))
    meter.reset()
    actions = still(3)
    actions[0] = 1.0
    failures, time_outs = np.zeros(3, int), np.zeros(3, int)
    for _ in range(60):
        meter.step(actions)
        failures += meter.terminated
        time_outs += meter.dones & ~meter.terminated
    assert failures[0] >= 1
    assert failures[1:].tolist() == [0, 0]
    assert time_outs[1:].tolist() == [1, 1]


def test_keeps_the_raw_reward():
    env, twin = PointMassEnv(4), PointMassEnv(4)
    meter = Meter(env, Ledger(ManualClock()))
    meter.reset()
    twin.reset()
    meter.step(still())
    _, expected, _, _ = twin.step(still())
    np.testing.assert_array_equal(meter.rewards, expected)


def test_keeps_what_the_task_measured():
    clock = ManualClock()
    meter = Meter(MeasuringEnv(4, clock), Ledger(clock))
    assert meter.metrics == {}
    meter.reset()
    meter.step(still())
    first = meter.metrics
    meter.step(still())
    assert (first["step"].tolist(), meter.metrics["step"].tolist()) == ([1.0] * 4, [2.0] * 4)
    np.testing.assert_allclose(meter.metrics["distance"], np.sqrt(1 - meter.rewards / 0.1), rtol=1e-5)


class _BrokenEnv(PointMassEnv):
    """Returns the given numbers once."""

    broken = ""
    value = np.nan

    def step_wait(self):
        observations, rewards, dones, infos = super().step_wait()
        if self.broken == "observation":
            observations[2, 1] = self.value
        if self.broken == "reward":
            rewards[1] = self.value
        if self.broken == "terminal":
            dones[3] = True
            infos[3] = {"terminal_observation": np.full(2, self.value), "TimeLimit.truncated": True}
        return observations, rewards, dones, infos


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("broken", "message"),
    [("observation", "an observation"), ("reward", "a reward"), ("terminal", "a terminal observation")],
)
def test_refuses_numbers_that_are_not_finite(broken, message, value):
    env = _BrokenEnv(4)
    meter = Meter(env, Ledger(ManualClock()))
    meter.reset()
    meter.step(still())
    env.broken, env.value = broken, value
    with pytest.raises(NonFiniteTaskError, match=f"^{message}$"):
        meter.step(still())


def test_infinities_that_would_cancel_are_seen():
    env = _BrokenEnv(4)
    meter = Meter(env, Ledger(ManualClock()))
    meter.reset()
    actions = still()
    actions[0], actions[1] = np.inf, -np.inf
    with pytest.raises(NonFiniteError, match="an action") as caught:
        meter.step(actions)
    assert not isinstance(caught.value, NonFiniteTaskError)  # the agent broke it


def test_huge_numbers_are_numbers():
    env = _BrokenEnv(4)
    meter = Meter(env, Ledger(ManualClock()))
    meter.reset()
    env.broken, env.value = "observation", 3e38
    observations, *_ = meter.step(still())
    assert np.isfinite(observations).all()
