import numpy as np
import pytest

from tuner.simulators.mujoco._a1_contacts import FootTimers


def contacts(pattern: str) -> np.ndarray:
    """One robot whose first foot touches the ground where the pattern says 1; the other feet never do."""
    steps = np.zeros((1, len(pattern), 4), dtype=bool)
    steps[0, :, 0] = [mark == "1" for mark in pattern]
    return steps


def test_air_time_ends_with_the_touch_down() -> None:
    timers = FootTimers(1, 0.005)
    timers.update(contacts("0000"))
    assert timers.air_time[0, 0] == 0.0  # not landed yet
    timers.update(contacts("0011"))
    # six steps in the air and the one in which it landed: 7·0.005
    assert timers.air_time[0, 0] == pytest.approx(0.035)
    assert timers.first_contact[0].tolist() == [True, False, False, False]
    timers.update(contacts("1111"))
    assert timers.air_time[0, 0] == pytest.approx(0.035)  # kept until the next landing
    assert not timers.first_contact.any()


@pytest.mark.parametrize("pattern", ["1111", "0111", "0011", "0001"])
def test_a_touch_down_counts_once_in_whichever_physics_step(pattern: str) -> None:
    timers = FootTimers(1, 0.005)
    counted = 0
    for step in ("0000", pattern, "1111", "1111"):
        timers.update(contacts(step))
        counted += int(timers.first_contact[0, 0])
    assert counted == 1


def test_a_foot_that_has_left_again_is_not_in_contact() -> None:
    timers = FootTimers(1, 0.005)
    timers.update(contacts("0100"))
    assert not timers.first_contact.any()
    assert timers.air_time[0, 0] == pytest.approx(0.01)  # it did land: one step of air, one of landing


def test_feet_on_the_ground_from_the_start_have_no_air_time() -> None:
    timers = FootTimers(1, 0.005)
    timers.update(contacts("1111"))
    assert timers.air_time[0, 0] == 0.0


def test_reset_forgets_only_the_robots_named() -> None:
    timers = FootTimers(2, 0.005)
    both = np.concatenate([contacts("0001"), contacts("0001")])
    timers.update(both)
    timers.reset(np.array([1]))
    assert timers.air_time[:, 0].tolist() == pytest.approx([0.02, 0.0])
    timers.update(both)
    assert timers.air_time[1, 0] == pytest.approx(0.02)  # 3 in the air + 1, nothing of the time before
