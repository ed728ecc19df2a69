"""Replayed studies over wall-clock time."""

import pytest

from tuner.figures import replayed_data, replayed_figure
from tuner.replay import ArmResult, StudyResult


def study(*incumbents: tuple[float, float], wall_seconds: float = 100.0) -> StudyResult:
    return StudyResult(incumbents, wall_seconds, None, wall_seconds, 0.0, stopped=0, judged=0, lost=0, cut=0)


ARMS = [
    ArmResult("quick", (study((10.0, 30.0)), study((30.0, 40.0), (50.0, 20.0)))),
    ArmResult("slow", (study((90.0, 30.0)), study((199.0, 20.0), wall_seconds=199.0))),
]


def test_the_mean_true_time_of_the_incumbents_falls_from_the_budget():
    data = replayed_data(ARMS, budget_seconds=60.0)
    assert data["arm"].unique().tolist() == ["quick", "slow"]
    quick = data[data["arm"] == "quick"].set_index("wall_seconds")["mean"]
    assert quick.index[-1] == 199.0
    for seconds, mean in ((0, 60.0), (11, 45.0), (31, 35.0), (51, 25.0), (199, 25.0)):
        assert quick[float(seconds)] == pytest.approx(mean)  # the points are a second apart
    assert ((data["low"] <= data["mean"]) & (data["mean"] <= data["high"])).all()


def test_each_arm_is_a_line_with_a_band():
    figure = replayed_figure(replayed_data(ARMS, budget_seconds=60.0), subtitle="two arms")
    assert [trace.name for trace in figure.data if trace.mode == "lines" and trace.name] == ["quick", "slow"]
    assert len(figure.data) == 4
    assert figure.layout.yaxis.title.text == "its true time to return [s]"
