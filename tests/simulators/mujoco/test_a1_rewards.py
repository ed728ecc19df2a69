import math
from dataclasses import replace

import numpy as np
import pytest

from tuner.simulators.mujoco._a1_rewards import WEIGHTS, Motion, reward_terms, weighted_terms


def at_rest() -> Motion:
    """One robot that stands upright and still, as commanded."""
    return Motion(
        command=np.zeros((1, 3)),
        linear_velocity=np.zeros((1, 3)),
        angular_velocity=np.zeros((1, 3)),
        gravity=np.array([[0.0, 0.0, -1.0]]),
        torque=np.zeros((1, 12)),
        acceleration=np.zeros((1, 12)),
        action=np.zeros((1, 12)),
        previous_action=np.zeros((1, 12)),
        air_time=np.zeros((1, 4)),
        first_contact=np.zeros((1, 4), dtype=bool),
    )


def term(name: str, **changes: object) -> float:
    changed = {key: np.asarray(value)[None] for key, value in changes.items()}
    return float(reward_terms(replace(at_rest(), **changed))[name][0])  # type: ignore[arg-type]


def test_the_highest_possible_return_is_45() -> None:
    # (1.5 + 0.75)·0.02 s·1000 steps
    assert sum(weighted_terms(at_rest()).values())[0] * 0.02 * 1000 == pytest.approx(45.0)


def test_tracking_of_linear_velocity() -> None:
    # error (0.3, 0.4): exp(-0.25 / 0.25) = 1/e; the third component of the command does not matter
    found = term("track_lin_vel_xy_exp", command=[0.5, 0.0, 0.9], linear_velocity=[0.2, -0.4, 7.0])
    assert found == pytest.approx(math.exp(-1.0))


def test_tracking_of_turning() -> None:
    # error 0.5 - (-0.5) = 1: exp(-1 / 0.25) = e⁻⁴
    found = term("track_ang_vel_z_exp", command=[9.0, 9.0, 0.5], angular_velocity=[9.0, 9.0, -0.5])
    assert found == pytest.approx(math.exp(-4.0))


def test_vertical_velocity() -> None:
    assert term("lin_vel_z_l2", linear_velocity=[5.0, 5.0, -0.3]) == pytest.approx(0.09)


def test_rolling_and_pitching() -> None:
    assert term("ang_vel_xy_l2", angular_velocity=[1.0, -2.0, 9.0]) == pytest.approx(5.0)


def test_torques() -> None:
    # 10² + (-5)² + 10·1²
    assert term("dof_torques_l2", torque=[10.0, -5.0] + [1.0] * 10) == pytest.approx(135.0)


def test_accelerations() -> None:
    assert term("dof_acc_l2", acceleration=[100.0] * 2 + [0.0] * 10) == pytest.approx(20000.0)


def test_action_rate() -> None:
    # twelve differences of 0.5: 12·0.25
    assert term("action_rate_l2", action=[1.0] * 12, previous_action=[0.5] * 12) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        # feet 0 and 2 have landed: (0.7 - 0.5) + (0.4 - 0.5)
        ([0.3, 0.0, 0.0], 0.1),
        ([0.08, -0.08, 0.0], 0.1),  # ‖cmd‖ = 0.113
        ([0.07, 0.07, 1.0], 0.0),  # ‖cmd‖ = 0.099: turning on the spot earns no steps
    ],
)
def test_air_time_counts_for_moving_robots(command: list[float], expected: float) -> None:
    found = term(
        "feet_air_time", command=command, air_time=[0.7, 9.0, 0.4, 9.0], first_contact=[True, False, True, False]
    )
    assert found == pytest.approx(expected)


def test_orientation() -> None:
    assert term("flat_orientation_l2", gravity=[0.6, -0.5, -0.62]) == pytest.approx(0.36 + 0.25)


def test_weights() -> None:
    # As the task's page lists them; the sum is of every term at 1.
    assert list(WEIGHTS.values()) == [1.5, 0.75, -2.0, -0.05, -2e-4, -2.5e-7, -0.01, 0.25, -2.5]
    assert set(WEIGHTS) == set(reward_terms(at_rest()))


def test_every_term_has_its_weight() -> None:
    motion = replace(
        at_rest(),
        linear_velocity=np.array([[0.0, 0.0, 0.5]]),  # -2·0.25
        torque=np.full((1, 12), 10.0),  # -2e-4·1200
        acceleration=np.full((1, 12), 200.0),  # -2.5e-7·480000
        action=np.full((1, 12), 2.0),  # -0.01·48
        gravity=np.array([[0.2, 0.0, -0.98]]),  # -2.5·0.04
    )
    assert {name: float(rate[0]) for name, rate in weighted_terms(motion).items()} == pytest.approx(
        {
            "track_lin_vel_xy_exp": 1.5,
            "track_ang_vel_z_exp": 0.75,
            "lin_vel_z_l2": -0.5,
            "ang_vel_xy_l2": 0.0,
            "dof_torques_l2": -0.24,
            "dof_acc_l2": -0.12,
            "action_rate_l2": -0.48,
            "feet_air_time": 0.0,
            "flat_orientation_l2": -0.1,
        }
    )
