import numpy as np
import pytest

from tuner.training._assembly import probe_robots


@pytest.mark.parametrize(
    ("num_envs", "count"), [(1, 0), (3, 0), (4, 1), (8, 2), (16, 4), (64, 4), (80, 5), (256, 16), (4096, 256)]
)
def test_number_of_probes(num_envs, count):
    probes = probe_robots(num_envs, off_policy=True)
    assert len(probes) == count
    assert len(np.unique(probes)) == count
    assert ((probes >= 0) & (probes < num_envs)).all()


def test_probes_are_spread_evenly():
    assert probe_robots(64, off_policy=True).tolist() == [0, 16, 32, 48]


def test_on_policy_algorithms_have_none():
    assert probe_robots(4096, off_policy=False).tolist() == []
