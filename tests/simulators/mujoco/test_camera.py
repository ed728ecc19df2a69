"""Pictures of the tasks by MuJoCo's renderer, without a window."""

import sys

import numpy as np
import pytest

from tests.simulators.mujoco.support import open_a1, open_cartpole, zeros
from tests.support.rendering import skip_without_rendering
from tuner.errors import UserError

SIZE = {"width": 240, "height": 160}


def colours(picture, low, high):
    """Return where a picture has colours within these bounds, shape (rows, 2)."""
    return np.argwhere(((picture >= low) & (picture <= high)).all(axis=2))


ORANGE = (120, 50, 0), (255, 160, 60)
GREEN = (0, 100, 0), (80, 255, 110)
BLUE = (0, 30, 130), (90, 150, 255)


def test_the_a1_stands_in_the_picture_and_is_followed():
    skip_without_rendering()
    env = open_a1(2, randomize=False)
    env.reset()
    with env.open_camera(1, **SIZE) as camera:
        first = camera.picture()
        env.qpos[1, :2] += (7.0, -3.0)
        followed = camera.picture()
        env.qpos[0, 2] += 5.0
        other = camera.picture()
    assert first.shape == (160, 240, 3)
    assert first.std() > 20
    hips = colours(first, *ORANGE)
    assert len(hips) > 10
    assert np.abs(hips.mean(axis=0) - (80, 120)).max() < 40, "the robot is in the middle"
    # Seven metres on, the floor is another, but the robot is where it was in the picture.
    assert np.abs(colours(followed, *ORANGE).mean(axis=0) - hips.mean(axis=0)).max() < 5
    # Robot 0 is none of this camera's business; a software renderer's threads round a few pixels otherwise.
    np.testing.assert_allclose(followed.astype(int), other.astype(int), atol=8)


def test_arrows_show_what_is_commanded_and_what_is_done():
    skip_without_rendering()
    env = open_a1(1, randomize=False)
    env.reset()
    env.commands.velocity[0] = (1.0, 0.0, 0.0)
    command, actual = env.arrows(0)
    assert command.vector == pytest.approx([0.4, 0.0, 0.0])  # 0.4 m for each m/s; it looks along x
    assert actual.vector == pytest.approx([0.0, 0.0, 0.0])
    with env.open_camera(**SIZE) as camera:
        standing = camera.picture()
        env.qvel[0, :2] = (0.0, 1.0)
        moving = camera.picture()
    assert len(colours(standing, *GREEN)) > 5
    assert len(colours(standing, *BLUE)) == 0
    assert len(colours(moving, *BLUE)) > 5


def test_the_cart_moves_through_the_picture():
    skip_without_rendering()
    env = open_cartpole(1)
    env.reset()
    places = []
    with env.open_camera(**SIZE) as camera:
        for place in (-2.0, 0.0, 2.0):
            env.qpos[0] = place, 0.0
            pole = colours(camera.picture(), *ORANGE)
            places.append(pole[:, 1].mean())
    assert places[0] < places[1] - 40 < places[2] - 80
    assert places[1] == pytest.approx(120, abs=3)


def test_filming_leaves_the_simulation_alone():
    skip_without_rendering()
    ends = []
    for film in (False, True):
        env = open_a1(2)
        env.reset()
        with env.open_camera(**SIZE) if film else open_a1(1).open_camera(**SIZE) as camera:
            for _ in range(3):
                observations, *_ = env.step(zeros(env))
                camera.picture()
        ends.append(observations)
    np.testing.assert_array_equal(*ends)


def test_closing_twice_is_harmless():
    skip_without_rendering()
    camera = open_cartpole(1).open_camera(**SIZE)
    camera.close()
    camera.close()


# What cannot be filmed


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "OpenGL", None)
    with pytest.raises(UserError, match=r"'OpenGL' is needed for videos\. .*pip install 'sac-tuner\[video\]'"):
        open_cartpole(1).open_camera(**SIZE)
