import numpy as np
import pytest

from tuner.training._episodes import FINISHED, Episodes


def step(episodes, rewards, dones):
    episodes.step(np.array(rewards, np.float32), np.array(dones, np.bool_))


def test_ages_count_each_robots_own_steps():
    episodes = Episodes(3, np.array([], np.intp))
    step(episodes, [1, 1, 1], [False, True, False])
    step(episodes, [1, 1, 1], [False, False, True])
    assert episodes.ages.tolist() == [2, 1, 0]


def test_ages_handed_out_are_not_written_to():
    episodes = Episodes(2, np.array([], np.intp))
    before = episodes.ages
    step(episodes, [1, 1], [True, False])
    assert before.tolist() == [0, 0]


def test_finished_episodes_of_exploring_robots_only():
    episodes = Episodes(3, np.array([1]))
    assert episodes.finished_mean is None
    step(episodes, [1, 10, 2], [False, False, True])
    step(episodes, [3, 10, 4], [True, True, False])
    step(episodes, [0, 0, 5], [False, False, True])
    # Finished: robot 2 with 2, robot 0 with 1 + 3, robot 2 with 4 + 5; the probe's 20 is not theirs.
    assert episodes.finished_mean == pytest.approx((2 + 4 + 9) / 3)


def test_only_the_last_hundred_count():
    episodes = Episodes(1, np.array([], np.intp))
    step(episodes, [1000], [True])
    for _ in range(FINISHED):
        step(episodes, [1], [True])
    assert episodes.finished_mean == 1.0


def test_a_restart_drops_what_was_running():
    episodes = Episodes(1, np.array([], np.intp))
    step(episodes, [50], [False])
    episodes.restart()
    assert episodes.ages.tolist() == [0]
    step(episodes, [1], [True])
    assert episodes.finished_mean == 1.0
