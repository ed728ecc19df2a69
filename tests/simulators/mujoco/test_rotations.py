import numpy as np
import pytest

from tuner.simulators.mujoco._rotations import heading, rotation_matrix, wrap_angle

HALF = np.sqrt(0.5)


def test_quarter_turns() -> None:
    quaternions = np.array([[1.0, 0, 0, 0], [HALF, 0, 0, HALF], [HALF, HALF, 0, 0], [HALF, 0, HALF, 0]])
    turned = rotation_matrix(quaternions) @ np.array([1.0, 2.0, 3.0])
    # about z: x→y, y→-x; about x: y→z, z→-y; about y: z→x, x→-z
    assert turned == pytest.approx(np.array([[1, 2, 3], [-2, 1, 3], [1, -3, 2], [3, 2, -1]]))


def test_heading_is_the_yaw_whatever_the_pitch() -> None:
    yaw, pitch = 2.0, 0.5
    # yaw then pitch: q = (cos y/2, 0, 0, sin y/2)·(cos p/2, 0, sin p/2, 0)
    cy, sy, cp, sp = np.cos(yaw / 2), np.sin(yaw / 2), np.cos(pitch / 2), np.sin(pitch / 2)
    quaternion = np.array([[cy * cp, -sy * sp, cy * sp, sy * cp]])
    assert heading(rotation_matrix(quaternion))[0] == pytest.approx(2.0)


def test_wrap_angle() -> None:
    assert wrap_angle(np.array([0.5, 4.0, -4.0, 7.0])) == pytest.approx(
        [0.5, 4.0 - 2 * np.pi, 2 * np.pi - 4.0, 7.0 - 2 * np.pi]
    )
