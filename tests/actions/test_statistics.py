"""Statistics of recordings, worked out by hand."""

import json

import numpy as np
import pytest

from tests.actions.recordings import JOINTS, column, make_recording
from tuner.actions import action_statistics


def test_moments_extremes_and_percentiles():
    # 0, 1, …, 200, and once more 100: the median is 100. Percentile p of 202 sorted values lies at index p · 201 / 100.
    values = sorted([*range(201), 100])
    (found,) = action_statistics(make_recording(np.reshape(values, (202, 1)))).dimensions
    assert (found.name, found.mean, found.minimum, found.maximum) == ("0", 100.0, 0.0, 200.0)
    # Of 0 … 200 the squared distances from 100 sum to 2 · (1² + … + 100²) = 2 · 100 · 101 · 201 / 6 = 676,700.
    assert found.std == pytest.approx((676_700 / 202) ** 0.5)
    # 2.5 %: index 5.025, between 5 and 6. 97.5 %: index 195.975; the second 100 shifts the values above it by one.
    assert found.percentiles == pytest.approx({0.5: 1.005, 2.5: 5.025, 97.5: 194.975, 99.5: 198.995})


def test_clipping_and_saturation():
    # The agent's box is ±2: two of four outputs were clipped to its edges, and 1.985 is in the outermost hundredth too.
    box = {"agent_low": column([-2]), "agent_high": column([2])}
    recording = make_recording([[2], [-2], [1.985], [1.97]], raw=[[2.5], [-9], [1.985], [1.97]], **box)
    (found,) = action_statistics(recording).dimensions
    assert (found.clipped, found.saturated, found.box) == (0.5, 0.75, (-2.0, 2.0))
    (squashed,) = action_statistics(make_recording([[1], [2]], squashed=True, **box)).dimensions
    assert (squashed.clipped, squashed.saturated) == (None, 0.5)


def test_saturation_is_measured_from_the_middle_of_the_box():
    # The box 0 … 10: its middle is 5, its outermost hundredths are below 0.05 and above 9.95.
    box = {"agent_low": column([0]), "agent_high": column([10])}
    (found,) = action_statistics(make_recording([[0.04], [0.06], [9.94], [9.96]], **box)).dimensions
    assert found.saturated == 0.5


def test_joint_targets_beyond_the_limits():
    # hip: 0.1 + 0.25 a, beyond −0.8 … 0.7 where a < −3.6 or a > 2.4. knee: −1.5 + 0.5 a, where a < −2 or a > 2.
    rows = [[-3.5, 0], [-3.7, 2.1], [2.5, 1.9], [2.3, -2.1]]
    hip, knee = action_statistics(make_recording(rows, joints=JOINTS)).dimensions
    assert (hip.name, hip.beyond_limits) == ("hip", 0.5)
    assert (knee.name, knee.beyond_limits) == ("knee", 0.5)
    (without,) = action_statistics(make_recording([[9], [9]])).dimensions
    assert without.beyond_limits is None


def test_statistics_are_json():
    statistics = action_statistics(make_recording([[1], [2], [3], [4]]))
    found = json.loads(json.dumps(statistics.to_json()))
    assert found["samples"] == 4
    assert found["dimensions"][0]["mean"] == 2.5
