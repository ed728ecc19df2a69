import numpy as np
import pytest

from tuner.policies import summarize
from tuner.policies._summary import bootstrap_interval
from tuner.training import WholeEpisodes
from tuner.training._metric_sums import MetricSums


def episodes(returns, lengths, failed, speeds=None):
    metrics = MetricSums(np.arange(len(returns)))
    if speeds is not None:
        metrics.add({"speed": np.array(speeds)})
    return WholeEpisodes(np.array(returns), np.array(lengths), np.array(failed), metrics)


def test_numbers_by_hand():
    found = summarize(
        episodes([1.0, 2.0, 3.0, 10.0], [10, 20, 30, 100], [True, True, True, False]), max_length=100, seed=0
    )
    assert (found.episodes, found.mean, found.median, found.minimum, found.maximum) == (4, 4.0, 2.5, 1.0, 10.0)
    assert (found.mean_length, found.median_length, found.shortest, found.longest) == (40.0, 25.0, 10, 100)
    assert (found.failed, found.max_length) == (0.75, 100)
    assert 1.0 <= found.low < 4.0 < found.high <= 10.0
    assert found.to_json()["low"] == found.low


def test_what_the_task_measured_is_there():
    found = summarize(episodes([1.0, 2.0], [3, 4], [True, False], [0.5, 1.5]), max_length=100, seed=0)
    assert found.metrics == found.to_json()["metrics"] == {"speed": 1.0}
    assert summarize(episodes([1.0, 2.0], [3, 4], [True, False]), max_length=100, seed=0).metrics == {}


def test_the_interval_of_many_is_the_gaussian_one():
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    low, high = bootstrap_interval(values, np.random.default_rng(0))
    half = 1.96 * values.std() / np.sqrt(400)  # about 0.2; 2,000 samples know its ends to about 3 %
    assert (high - low) / 2 == pytest.approx(half, rel=0.1)
    assert (high + low) / 2 == pytest.approx(values.mean(), abs=0.02)


def test_equal_returns_leave_no_doubt():
    assert bootstrap_interval(np.full(5, 3.0), np.random.default_rng(0)) == (3.0, 3.0)


def test_one_episode_has_no_interval():
    found = summarize(episodes([2.0], [7], [False]), max_length=7, seed=0)
    assert (found.mean, found.low, found.high) == (2.0, None, None)


def test_the_same_seed_draws_the_same_interval():
    three = [summarize(episodes([1.0, 2.0, 4.0], [1, 1, 1], [False] * 3), max_length=1, seed=seed) for seed in (3, 3)]
    assert three[0] == three[1]
