from dataclasses import replace

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from tests.replay.recorded import recordings, rising
from tuner.errors import UserError
from tuner.replay import Surrogate, replay_data

DISTRIBUTIONS = {
    "rate": FloatDistribution(1e-4, 1.0, log=True),
    "size": IntDistribution(0, 4),
    "kind": CategoricalDistribution(["a", "b"]),
    "pinned": IntDistribution(3, 3),
}
POINTS = [(1e-4, 0, "a"), (1e-2, 0, "a"), (1.0, 4, "b")]


def data_of(points, times):
    runs = [
        replace(
            rising(str(place), 20.0, time),
            parameters={"rate": rate, "size": size, "kind": kind, "pinned": 3},
        )
        for place, ((rate, size, kind), time) in enumerate(zip(points, times, strict=True))
    ]
    return replay_data([replace(recordings(runs), distributions=DISTRIBUTIONS)])


@pytest.fixture
def surrogate():
    return Surrogate(data_of(POINTS, (20.0, 30.0, 60.0)))


@pytest.mark.parametrize(
    ("parameters", "nearest"),
    [
        ({"rate": 5e-4, "size": 0, "kind": "a"}, 0),  # 0.17 and 0.33 of the range in logarithms
        ({"rate": 5e-3, "size": 0, "kind": "a"}, 1),
        ({"rate": 5e-2, "size": 3, "kind": "b"}, 2),
        # Without a kind: √(0.17² + 0.75² + ½) = 1.05 from the second, √(0.33² + 0.25² + ½) = 0.82 from the third.
        ({"rate": 5e-2, "size": 3}, 2),
    ],
)
def test_the_nearest_configuration_is_found_in_shares_of_the_ranges(surrogate, parameters, nearest):
    assert surrogate.nearest(parameters) == nearest


def test_what_is_the_same_everywhere_is_pinned(surrogate):
    assert surrogate.pinned == {"pinned": 3}
    assert set(surrogate.free) == {"rate", "size", "kind"}


def test_the_error_is_that_of_the_nearest_other_one(surrogate):
    # The first two are nearest to each other, 10 s apart; the third to the second, 30 s.
    # Without parameters: |45 − 20|, |40 − 30| and |25 − 60|.
    error = surrogate.leave_one_out()
    assert error.nearest_seconds == pytest.approx((10 + 10 + 30) / 3)
    assert error.mean_seconds == pytest.approx((25 + 10 + 35) / 3)


def test_one_configuration_is_too_few():
    with pytest.raises(UserError, match="at least two recorded configurations"):
        Surrogate(data_of(POINTS[:1], (20.0,)))


def test_a_parameter_of_unknown_range_is_named():
    data = replace(data_of(POINTS, (20.0, 30.0, 60.0)), distributions={})
    with pytest.raises(UserError, match="the range of kind, pinned, rate, size"):
        Surrogate(data)
