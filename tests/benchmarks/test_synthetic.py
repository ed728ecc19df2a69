import numpy as np
from _synthetic import SyntheticEnv


def test_every_episode_ends_by_time_once_in_a_thousand_steps():
    env = SyntheticEnv(5)
    env.reset()
    ended = np.zeros(5, dtype=int)
    for _ in range(env.max_episode_steps):
        observations, rewards, dones, infos = env.step(np.zeros((5, 12), dtype=np.float32))
        ended += dones
        for robot in range(5):
            assert ("TimeLimit.truncated" in infos[robot]) == dones[robot]
    np.testing.assert_array_equal(ended, np.ones(5, dtype=int))
    assert (observations.shape, rewards.shape) == ((5, 48), (5,))
    assert (observations.dtype, rewards.dtype, dones.dtype) == (np.float32, np.float32, np.bool_)
