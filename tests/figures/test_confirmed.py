"""Candidates on fresh seeds, against the times of `tests/confirm/racing.py`."""

import math
from dataclasses import replace

import pytest

from tests.confirm.racing import Race
from tests.study.toy import Lab
from tuner.figures import confirmed_data, confirmed_figure, confirmed_times, reaching_data


@pytest.fixture(scope="module")
def confirmation():
    return Race(Lab(None)).run(reference="never")


def test_times_are_those_of_the_seeds(confirmation):
    times = confirmed_times(confirmation)
    by_label = {label: rows["seconds"].tolist() for label, rows in times.groupby("label", sort=False)}
    assert by_label == {
        "trial 1": [26.0, 22.0, 25.0, 24.0, 23.0],
        "trial 0": [50.0, 30.0, 100.0, 45.0, 60.0],  # the third did not get there: the budget
        "trial 2": [66.0, 60.0, 63.0],  # dropped after three
        "never": [100.0] * 5,
    }
    assert times["reached"].sum() == 5 + 4 + 3


def test_runs_that_broke_down_did_not_get_there(confirmation):
    first = confirmation.candidates[0]
    broken = [replace(run, kind="crashed", reached_seconds=None, clock_seconds=3.0) for run in first.runs[:2]]
    candidate = replace(first, runs=(*broken, *first.runs[2:]))
    times = confirmed_times(replace(confirmation, candidates=(candidate,)))
    assert times["seconds"].tolist() == [100.0, 100.0, 25.0, 24.0, 23.0]
    # As many of five as the success rate says, and not three of three.
    assert reaching_data(times)["share"].iloc[-1] == pytest.approx(0.6)


def test_candidates_with_their_means_and_promises(confirmation):
    data = confirmed_data(confirmation).set_index("label")
    assert data["mean"].tolist() == pytest.approx([24.0, 57.0, 63.0, 100.0])
    assert data["promised"].tolist()[:3] == pytest.approx([24.0, 20.0, 36.0])
    assert math.isnan(data["promised"]["never"])
    assert data["success_rate"].tolist() == pytest.approx([1.0, 0.8, 1.0, 0.0])
    assert data.index[data["winner"]].tolist() == ["trial 1"]
    assert data.index[data["dropped"].notna()].tolist() == ["trial 2"]


def test_the_curve_of_a_candidate(confirmation):
    data = reaching_data(confirmed_times(confirmation))
    rows = data[data["label"] == "trial 0"]
    # 30, 45, 50, 60 s of five; the fifth is censored at the budget
    assert rows["seconds"].tolist() == [0.0, 30.0, 45.0, 50.0, 60.0, 100.0]
    assert rows["share"].tolist() == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 0.8])


def test_every_candidate_has_a_row_best_on_top(confirmation):
    data, times = confirmed_data(confirmation), confirmed_times(confirmation)
    figure = confirmed_figure(data, times, budget_seconds=100.0)
    assert list(figure.layout.yaxis.ticktext) == ["trial 1", "trial 0", "trial 2", "never"]
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]
    named = {trace.name: trace for trace in figure.data}
    assert list(named["promised by the study"].x) == pytest.approx([24.0, 20.0, 36.0])
    winner = named["winner: mean and interval"]
    assert list(winner.x) == pytest.approx([24.0])
    low, high = data["low"][0], data["high"][0]
    assert winner.error_x.array[0] == pytest.approx(high - 24.0)
    assert winner.error_x.arrayminus[0] == pytest.approx(24.0 - low)
