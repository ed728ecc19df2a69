"""The figure of bounds by source."""

import pytest

from tests.figures.recordings import recording
from tuner.config import ActionBoundsFile
from tuner.errors import UserError
from tuner.figures import bounds_data, bounds_figure


def bounds(**more):
    known = {
        "task": {"id": "Toy"},
        "source": "percentiles",
        "percentiles": [2.5, 97.5],
        "low": [-1.0, -2.0],
        "high": [1.0, 3.0],
        "percentile_boxes": [{"percentiles": [10, 90], "low": [-0.5, -0.6], "high": [0.5, 0.6]}],
        "joint_limits": {"low": [-4, -5], "high": [4, 5]},
    }
    return ActionBoundsFile.model_validate({**known, **more})


def rows(data):
    return list(data[["source", "dimension", "low", "high"]].itertuples(index=False, name=None))


def test_one_row_for_each_source_and_dimension():
    assert rows(bounds_data([("", bounds())])) == [
        ("percentiles 2.5 to 97.5", 0, -1.0, 1.0),
        ("percentiles 2.5 to 97.5", 1, -2.0, 3.0),
        ("joint limits", 0, -4.0, 4.0),
        ("joint limits", 1, -5.0, 5.0),
    ]


def test_every_pair_of_percentiles_on_request():
    sources = [source for source, dimension, *_ in rows(bounds_data([("", bounds())], every=True)) if dimension == 0]
    assert sources == ["percentiles 10 to 90", "percentiles 2.5 to 97.5", "joint limits"]


def test_a_share_of_the_declared_box_and_several_files():
    share = bounds(source="fraction", percentiles=None, fraction=0.03, joint_limits=None, percentile_boxes=[])
    found = rows(bounds_data([("a", bounds()), ("b", share)]))
    assert [source for source, dimension, *_ in found if dimension == 1] == [
        "a: percentiles 2.5 to 97.5",
        "a: joint limits",
        "b: 3 % of the declared box",
    ]


def test_a_recordings_extremes_and_names():
    recorded = recording([[[-7.0, 1.0], [2.0, 0.0]], [[0.0, 9.0], [8.0, -1.0]]], names=["hip", "knee"])
    data = bounds_data([("", bounds())], recorded)
    assert rows(data)[-2:] == [
        ("recorded minimum and maximum", 0, -7.0, 8.0),
        ("recorded minimum and maximum", 1, -1.0, 9.0),
    ]
    assert data["name"].tolist() == ["hip", "knee"] * 3


def test_an_interval_for_each_source():
    figure = bounds_figure(bounds_data([("", bounds())]), title="Toy")
    assert [trace.name for trace in figure.data] == [
        "percentiles 2.5 to 97.5 (mean width 3.5)",  # 2 and 5 wide
        "joint limits (mean width 9)",  # 8 and 10 wide
    ]
    assert list(figure.data[0].x[:2]) == [-1.0, 1.0]
    assert list(figure.data[0].x[3:5]) == [-2.0, 3.0]
    assert figure.data[0].marker.symbol != figure.data[1].marker.symbol, "told apart without colour"
    assert len(figure.layout.annotations) == 8
    assert "−4.0" in {note.text for note in figure.layout.annotations}


def test_bounds_that_do_not_belong_together():
    with pytest.raises(UserError, match="different tasks: Other, Toy"):
        bounds_data([("a", bounds()), ("b", bounds(task={"id": "Other"}))])
    with pytest.raises(UserError, match="different tasks: Other, Toy"):
        bounds_data([("", bounds())], recording([[[0.0, 0.0]]], task="Other"))
    with pytest.raises(UserError, match=r"numbers of action dimensions .*recorded minimum and maximum: 1"):
        bounds_data([("", bounds())], recording([[[0.0]]]))
    with pytest.raises(UserError, match="no bounds to draw"):
        bounds_data([])
