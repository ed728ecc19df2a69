"""A film of a policy: it moves, it is not one colour, and it has as many frames as the clock says."""

import numpy as np
import pytest

from tests.policies.test_video import decoded
from tests.support.rendering import skip_without_rendering
from tuner.config import TaskConfig
from tuner.policies import film_policy, untrained_policy
from tuner.simulators import open_task


# Control at 60 Hz. 30 frames a second: steps 0, 2, … 20; 10 frames a second: steps 0, 6, 12, 18.
@pytest.mark.parametrize(("name", "width", "height", "count"), [("a.mp4", 640, 480, 11), ("a.gif", 320, 240, 4)])
def test_the_robot_moves_in_the_film(tmp_path, name, width, height, count):
    skip_without_rendering()
    task = TaskConfig(id="Cartpole", num_envs=1)
    env = open_task(task, seed=0, threads=1)
    policy = untrained_policy(task, "ppo", env, seed=0)
    shares = []
    film_policy(policy, env, tmp_path / name, seed=1, seconds=0.35, progress=shares.append)  # 21 steps
    frames = decoded(tmp_path / name, width, height).astype(float)
    assert len(frames) == count
    assert frames.std(axis=(1, 2, 3)).min() > 10
    assert np.abs(frames[-1] - frames[0]).max() > 60, "the pole has fallen or the cart has moved"
    assert len(shares) == 21
    assert shares[-1] == 1.0
    env.close()
