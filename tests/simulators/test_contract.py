"""What `TaskEnv` and `Camera` do by themselves; what implementations must do is in `tests/contracts/simulator.py`."""

import numpy as np
import pytest
from gymnasium import Wrapper

from tests.support.point_mass import PointMassEnv
from tuner.errors import UserError
from tuner.simulators import Camera, TaskEnv


def test_attributes_are_the_same_for_all_robots() -> None:
    env = PointMassEnv(3)
    assert env.get_attr("max_episode_steps") == [100] * 3
    assert env.get_attr("max_episode_steps", indices=[0, 2]) == [100] * 2
    assert env.get_attr("render_mode", indices=1) == [None]
    env.set_attr("spread_ages", True, indices=[0])
    assert env.spread_ages is True
    with pytest.raises(AttributeError, match="no_such_attribute"):
        env.get_attr("no_such_attribute")


def test_methods_are_called_once_for_each_robot_asked() -> None:
    env = PointMassEnv(3)
    assert env.env_method("seed", 5, indices=[1, 2]) == [[5] * 3] * 2
    assert env.env_is_wrapped(Wrapper) == [False] * 3


def test_a_simulation_without_states() -> None:
    class Stateless(PointMassEnv):
        get_state = TaskEnv.get_state
        set_state = TaskEnv.set_state

    env = Stateless(1)
    assert env.get_state() is None
    with pytest.raises(NotImplementedError, match="Stateless cannot restore a state"):
        env.set_state(None)


def test_what_cannot_be_filmed_says_what_can() -> None:
    with pytest.raises(UserError, match="PointMassEnv cannot be filmed: only the tasks of the simulator 'mujoco' can"):
        PointMassEnv(1).open_camera()


def test_a_camera_is_closed_at_the_end_of_its_block() -> None:
    class Still(Camera):
        closed = False

        def picture(self):
            return np.zeros((2, 2, 3), np.uint8)

        def close(self) -> None:
            self.closed = True

    with Still() as camera:
        assert camera.picture().shape == (2, 2, 3)
        assert not camera.closed
    assert camera.closed
