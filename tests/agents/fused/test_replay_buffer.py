import numpy as np
import pytest
from gymnasium import spaces

from tuner.agents.fused import DeviceReplayBuffer, bytes_needed, capacity_of
from tuner.agents.fused._replay_buffer import DONE, REWARD, TIMEOUT

OBSERVATIONS = spaces.Box(-np.inf, np.inf, (2,), np.float32)
ACTIONS = spaces.Box(-1.0, 1.0, (1,), np.float32)
ROBOTS = 2


def empty(buffer_size=6 * ROBOTS, rollout_steps=3):
    return DeviceReplayBuffer(buffer_size, OBSERVATIONS, ACTIONS, n_envs=ROBOTS, rollout_steps=rollout_steps)


def add(buffer, step, *, dones=(False, False), timeouts=(False, False)):
    """Store `step` → `step + 1` of both robots with reward 10·step and 10·step + 1."""
    observations = np.full((ROBOTS, 2), step, dtype=np.float32)
    rewards = 10.0 * step + np.arange(ROBOTS)
    buffer.add(observations, observations + 1, np.full((ROBOTS, 1), 0.1), rewards, np.array(dones), np.array(timeouts))


def test_capacity_is_a_whole_number_of_rollouts():
    # 100 transitions of 4 robots are 25 steps: 25 rollouts of one, 8 of three, 3 of eight.
    assert [capacity_of(100, 4, steps) for steps in (1, 3, 8)] == [25, 24, 24]
    assert capacity_of(100, 4, 30) == 30  # at least one rollout, even if it is longer than the buffer
    assert capacity_of(1, 4, 1) == 1


def test_steps_reach_the_device_once_their_rollout_is_complete():
    buffer = empty()
    assert buffer.capacity == 6
    for step in range(2):
        add(buffer, step)
    buffer.flush()
    assert buffer.size() == 2
    assert int(buffer.filled.rows) == 0  # a rollout is three steps
    assert not np.asarray(buffer.memory.endings).any()
    add(buffer, 2, dones=(True, True), timeouts=(False, True))
    buffer.flush()
    assert (int(buffer.filled.rows), int(buffer.filled.newest), buffer.size()) == (3, 2, 3)
    memory = buffer.memory
    np.testing.assert_array_equal(memory.observations[:3, 1, 0], [0, 1, 2])
    np.testing.assert_array_equal(memory.next_observations[:3, 0, 1], [1, 2, 3])
    np.testing.assert_allclose(memory.actions[:3], 0.1)
    np.testing.assert_array_equal(memory.endings[:3, 1, REWARD], [1, 11, 21])
    np.testing.assert_array_equal(memory.endings[2, :, DONE], [1, 1])
    np.testing.assert_array_equal(memory.endings[2, :, TIMEOUT], [0, 1])
    assert not np.asarray(memory.endings[3:]).any()


def test_next_rollout_flushes_the_complete_one_before_it():
    buffer = empty()
    for step in range(4):
        add(buffer, step)
    assert int(buffer.filled.rows) == 3
    assert buffer.size() == 4


def test_full_ring_overwrites_the_oldest_rollout():
    buffer = empty()
    for step in range(9):
        add(buffer, step)
    buffer.flush()
    assert (int(buffer.filled.rows), int(buffer.filled.newest), buffer.size()) == (6, 2, 6)
    np.testing.assert_array_equal(buffer.memory.observations[:, 0, 0], [6, 7, 8, 3, 4, 5])


def test_what_was_handed_in_may_change_afterwards():
    buffer = empty(rollout_steps=1)
    observations = np.ones((ROBOTS, 2), dtype=np.float32)
    buffer.add(observations, observations, np.zeros((ROBOTS, 1)), np.zeros(ROBOTS), np.zeros(ROBOTS), np.zeros(ROBOTS))
    observations[:] = 7
    buffer.flush()
    add(buffer, 3)  # into the next rollout's arrays, while the device may still read the last one's
    np.testing.assert_array_equal(buffer.memory.observations[0], np.ones((ROBOTS, 2)))


@pytest.mark.parametrize("on_device", [False, True])
def test_interruption_ends_what_has_not_ended(on_device):
    buffer = empty()
    add(buffer, 0)
    add(buffer, 1)
    add(buffer, 2, dones=(True, False))
    if on_device:
        buffer.flush()
    buffer.interrupt()
    buffer.flush()
    endings = np.asarray(buffer.memory.endings)
    np.testing.assert_array_equal(endings[2, :, TIMEOUT], [0, 1])  # the first robot failed and stays a failure
    np.testing.assert_array_equal(endings[2, :, DONE], [1, 0])
    np.testing.assert_array_equal(endings[2, :, REWARD], [20, 21])
    assert not endings[:2, :, TIMEOUT].any()


def test_interruption_of_the_row_before_the_rings_end():
    buffer = empty()
    for step in range(6):
        add(buffer, step)
    buffer.flush()
    assert int(buffer.filled.newest) == 5
    buffer.interrupt()
    np.testing.assert_array_equal(buffer.memory.endings[:, 0, TIMEOUT], [0, 0, 0, 0, 0, 1])


def test_interruption_within_a_rollout():
    buffer = empty()
    add(buffer, 0)
    buffer.interrupt()
    add(buffer, 1)
    add(buffer, 2)
    buffer.flush()
    np.testing.assert_array_equal(buffer.memory.endings[:3, 0, TIMEOUT], [1, 0, 0])


def test_interruption_of_nothing():
    buffer = empty()
    buffer.interrupt()
    assert buffer.size() == 0
    assert not np.asarray(buffer.memory.endings).any()


def test_warm_up_stores_nothing():
    buffer = empty()
    buffer.warm_up()
    assert (buffer.size(), int(buffer.filled.rows)) == (0, 0)
    add(buffer, 1)
    with pytest.raises(ValueError, match="only an empty replay buffer"):
        buffer.warm_up()


def test_bytes_are_those_of_the_arrays():
    # A step of one robot: 2 + 1 + 2 + 3 = 8 numbers of 4 bytes; 6 rows of 2 robots: 384 bytes.
    assert bytes_needed(6, ROBOTS, OBSERVATIONS, ACTIONS) == 384
    assert sum(part.nbytes for part in empty().memory) == 384


def test_observations_cannot_be_shared_between_steps():
    with pytest.raises(NotImplementedError, match="no optimize_memory_usage"):
        DeviceReplayBuffer(8, OBSERVATIONS, ACTIONS, optimize_memory_usage=True, rollout_steps=1)
