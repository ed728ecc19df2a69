"""Where arrays lie in the shared memory."""

import mmap

import numpy as np

from tuner.simulators.server.server_side.layout import Layout


def test_both_sides_see_the_same_arrays_and_none_overlaps_another():
    layout = Layout(robots=3, observation_dim=5, action_dim=2, metrics=4)
    # Bytes of one buffer, each array rounded up to 64: actions 24, observations 60, rewards 12, two flags of 3 each,
    # final observations 60, metrics 48, so seven times 64; two buffers.
    assert layout.size == 2 * 7 * 64
    memory = mmap.mmap(-1, layout.size)
    ours, theirs = layout.buffers(memory), layout.buffers(memory)
    arrays = [array for buffer in ours for array in buffer]
    for number, array in enumerate(arrays):
        array[...] = number % 2 if array.dtype == np.bool_ else number
    for number, array in enumerate(array for buffer in theirs for array in buffer):
        assert (array == (number % 2 if array.dtype == np.bool_ else number)).all()


def test_shapes_and_types():
    layout = Layout(robots=3, observation_dim=5, action_dim=2)
    buffer, _ = layout.buffers(mmap.mmap(-1, layout.size))
    found = {name: (array.shape, array.dtype.name) for name, array in buffer._asdict().items()}
    assert found == {
        "actions": ((3, 2), "float32"),
        "observations": ((3, 5), "float32"),
        "rewards": ((3,), "float32"),
        "terminated": ((3,), "bool"),
        "truncated": ((3,), "bool"),
        "final_observations": ((3, 5), "float32"),
        "metrics": ((0, 3), "float32"),
    }


def test_metrics_that_are_not_there_take_no_memory():
    assert Layout(robots=3, observation_dim=5, action_dim=2).size == 2 * 6 * 64
