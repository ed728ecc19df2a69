"""The four figures of untrained policies: their data by hand, and what is drawn."""

import numpy as np
import pytest

from tuner.errors import UserError
from tuner.figures import (
    box_data,
    box_figure,
    gaussian_data,
    gaussian_figure,
    rescaled_data,
    rescaled_figure,
    squashed_data,
    squashed_figure,
)


def texts(figure):
    return " ".join(note.text for note in figure.layout.annotations)


def at(data, column, value):
    """Return the row where a column has a value."""
    return data.loc[data.index[np.isclose(data[column], value, atol=1e-9)][0]]


def test_the_gaussian_of_ppo():
    data = gaussian_data(0.5)
    # the 97.5th percentile of a unit Gaussian is 1.959964, of one with σ = 0.5 half of it
    assert at(data, "percentile", 97.5)["action"] == pytest.approx(0.979982, abs=1e-6)
    assert at(data, "action", 0.0)["density"] == pytest.approx(0.797885, abs=1e-6)  # 0.398942 / 0.5
    assert at(data, "action", 0.5)["percentile"] == pytest.approx(84.1345, abs=1e-4)  # Φ(1)
    assert (data["action"].min(), data["action"].max()) == (-2.0, 2.0)
    assert data["action"].is_monotonic_increasing


def test_the_gaussian_is_drawn_with_its_percentiles():
    figure = gaussian_figure(gaussian_data(1.0))
    assert [trace.name for trace in figure.data] == ["density of the first actions"]
    assert "97.5th percentile<br>1.96" in texts(figure)
    assert "2.5th percentile<br>−1.96" in texts(figure)
    assert "σ = exp(log_std_init) = 1," in figure.layout.title.text
    assert figure.layout.xaxis.title.text == "action [task units]"


def test_the_gaussian_in_the_box():
    data = box_data(-100.0, 50.0)
    assert (data["action"].min(), data["action"].max()) == (-100.0, 50.0)
    assert at(data, "action", 50.0)["density"] == 0.0
    assert at(data, "action", 0.0)["density"] == pytest.approx(0.398942, abs=1e-6)
    near = data["action"].between(-4, 4)
    assert near.sum() > 200, "the spike is drawn with enough points, however wide the box"
    assert np.trapezoid(data["density"], data["action"]) == pytest.approx(1.0, abs=1e-3)


def test_a_box_narrower_than_the_gaussian():
    data = box_data(-1.0, 1.0)
    assert (data["action"].min(), data["action"].max()) == (-4.0, 4.0)
    assert at(data, "action", 1.0)["density"] == pytest.approx(0.241971, abs=1e-6)
    # beyond ±1 lie 2·(1 − Φ(1)) = 31.73 %
    assert "31.7 % of PPO's first actions are outside a box of −1 to 1" in box_figure(data).layout.title.text


def test_the_box_is_drawn_and_judged():
    figure = box_figure(box_data(-100.0, 100.0))
    assert [trace.name for trace in figure.data] == ["PPO's first actions"]
    assert "declared bound −100" in texts(figure)
    assert "declared bound 100" in texts(figure)
    assert "99.7 % of PPO's first actions" in texts(figure)
    assert "±3 is 3 % of a box of −100 to 100" in figure.layout.title.text


def test_squashed_against_plain():
    data = squashed_data(1.0)
    assert at(data, "value", 0.0)[["gaussian", "squashed"]].tolist() == pytest.approx([0.398942] * 2, abs=1e-6)
    assert at(data, "value", 1.0)[["gaussian", "squashed"]].tolist() == pytest.approx([0.241971, 0.0], abs=1e-6)
    # with σ = 1 the density is highest where 2·tanh(u) = u: u = 1.9150, y = 0.9575
    peak = data.loc[data["squashed"].idxmax()]
    assert abs(peak["value"]) == pytest.approx(0.9575, abs=2e-3)
    # there: φ(1.9150) = 0.063763, over 1 − 0.9575² = 0.083194: 0.7664
    assert peak["squashed"] == pytest.approx(0.7664, abs=1e-3)


def test_squashed_and_plain_are_drawn_apart():
    figure = squashed_figure(squashed_data(1.0))
    assert [trace.name for trace in figure.data] == ["Gaussian u, as PPO has it", "squashed tanh(u), as SAC has it"]
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == 2
    assert len({trace.line.dash for trace in figure.data}) == 2, "told apart without colour"
    # beyond ±0.9: |u| > atanh(0.9) = 1.472219, and 2·(1 − Φ(1.472219)) = 0.1410
    assert "14.1 % of the" in figure.layout.title.text


def test_rescaled_to_the_box():
    data = rescaled_data(-100.0, 100.0)
    # p(0)/100, and at 50, half-way to the bound, p(0.5)/100
    assert at(data, "action", 0.0)["rescaled"] == pytest.approx(0.00398942, abs=1e-8)
    assert np.interp(50.0, data["action"], data["rescaled"]) == pytest.approx(0.00457433, rel=1e-3)
    assert at(data, "action", 100.0)["rescaled"] == 0.0
    assert at(data, "action", 0.0)["gaussian"] == pytest.approx(0.398942, abs=1e-6)
    assert np.trapezoid(data["rescaled"], data["action"]) == pytest.approx(1.0, abs=2e-3)


def test_a_box_off_centre_moves_the_squashed_gaussian():
    # a box of 0 to 10 has its centre at 5 and a half-width of 5: there p(0)/5
    data = rescaled_data(0.0, 10.0)
    assert np.interp(5.0, data["action"], data["rescaled"]) == pytest.approx(0.0797885, rel=1e-4)


def test_both_panels_say_how_much_is_near_zero():
    figure = rescaled_figure(rescaled_data(-100.0, 100.0))
    assert [trace.name for trace in figure.data] == ["PPO: Gaussian", "SAC: squashed, rescaled to the box"]
    assert "99.7 % within ±3" in texts(figure)
    assert "2.39 % within ±3" in texts(figure)


@pytest.mark.parametrize("make", [box_data, rescaled_data])
def test_boxes_that_cannot_be_drawn(make):
    with pytest.raises(UserError, match="has no end"):
        make(-np.inf, np.inf)
    with pytest.raises(UserError, match="lower bound must be below"):
        make(1.0, -1.0)
    with pytest.raises(UserError, match="standard deviation"):
        make(-1.0, 1.0, 0.0)
