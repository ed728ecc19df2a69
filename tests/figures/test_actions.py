"""The figure of recorded actions: percentiles and shares by hand, and what is drawn."""

import numpy as np
import pytest

from tests.figures.recordings import recording
from tuner.errors import UserError
from tuner.figures import actions_figure, histogram_data, percentiles_data


def test_percentiles_of_known_actions(recorded):
    # 101 values 0, 0.1, …, 10: percentile p is p/10; the other action runs from −10 to 10: −10 + p/5
    data = percentiles_data(recorded, percentiles=(2.5, 97.5))
    numbers = data[["minimum", "low", "median", "high", "maximum"]].to_numpy()
    assert numbers[0] == pytest.approx([0, 0.25, 5, 9.75, 10], abs=1e-5)
    assert numbers[1] == pytest.approx([-10, -9.5, 0, 9.5, 10], abs=1e-5)
    assert data["name"].tolist() == ["action 0", "action 1"]
    assert data["box_low"].tolist() == [-100, -100]
    assert data["box_high"].tolist() == [100, 100]


def test_robots_and_steps_count_alike():
    # 2 steps of 2 robots with one action: 1, 2, 3, 4, whose median is 2.5
    data = percentiles_data(recording([[[1.0], [2.0]], [[3.0], [4.0]]], names=["knee"]))
    assert data["median"].tolist() == [2.5]
    assert data["name"].tolist() == ["knee"]


def test_raw_outputs_instead_of_what_the_task_got():
    clipped = recording([[[1.0]], [[1.0]]], raw=[[[1.0]], [[5.0]]])
    assert percentiles_data(clipped)["maximum"].tolist() == [1.0]
    assert percentiles_data(clipped, raw=True)["maximum"].tolist() == [5.0]


@pytest.mark.parametrize("percentiles", [(97.5, 2.5), (-1.0, 50.0), (50.0, 101.0), (5.0, 5.0)])
def test_percentiles_that_are_none(recorded, percentiles):
    with pytest.raises(UserError, match="two numbers from 0 to 100, the lower one first"):
        percentiles_data(recorded, percentiles=percentiles)


def test_shares_of_common_bins():
    # 0, 0, 1, 4 and 2, 3, 4, 4 over four bins of 0 to 4: a value on an edge belongs to the bin above, the last to both
    data = histogram_data(recording(np.array([[0, 2], [0, 3], [1, 4], [4, 4]])[:, None, :]), bins=4)
    assert data["left"].tolist() == [0, 1, 2, 3] * 2
    assert data["right"].tolist() == [1, 2, 3, 4] * 2
    assert data["share"].tolist() == [0.5, 0.25, 0, 0.25, 0, 0, 0.25, 0.75]
    assert data["dimension"].tolist() == [0] * 4 + [1] * 4


def test_every_dimension_has_a_ridge_and_its_numbers(recorded):
    numbers = percentiles_data(recorded, percentiles=(5, 95))
    figure = actions_figure(numbers, histogram_data(recorded), source="PPO on Toy")
    ridges = [trace for trace in figure.data if trace.name.startswith("distribution")]
    assert [trace.showlegend for trace in ridges] == [True, False]
    assert (min(ridges[0].x), max(ridges[0].x)) == (0.0, 10.0), "a ridge ends where its dimension's values do"
    names = [trace.name for trace in figure.data[2:]]
    assert names == ["minimum to maximum", "5th to 95th percentile", "median"]
    span = figure.data[3]
    assert span.x[:2] == pytest.approx([0.5, 9.5], abs=1e-5)
    assert list(figure.data[4].x) == pytest.approx([5, 0], abs=1e-5)
    assert sorted(note.text for note in figure.layout.annotations) == sorted(
        ["0.0", "10.0", "0.5", "9.5", "−10.0", "10.0", "−9.0", "9.0"]
    )
    assert list(figure.layout.yaxis.ticktext) == ["action 0", "action 1"]
    # 9 and 18 wide in a box of 200
    assert "−100 to 100" in figure.layout.title.text
    assert "spans 4.5 to 9 % of it" in figure.layout.title.text


def test_a_policy_that_never_moves(recorded):
    still = recording(np.zeros((3, 1, 2)))
    figure = actions_figure(percentiles_data(still), histogram_data(still), source="still")
    assert {note.text for note in figure.layout.annotations} == {"0.00"}
