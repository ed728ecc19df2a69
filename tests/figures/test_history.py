"""Scores in the order of trials."""

import math

import pytest

from tests.figures.studies import crashing, fast_and_slow, stopped
from tuner.figures import history_data, history_figure


def test_the_best_so_far_falls_and_stays():
    # slow: gap 10 − 1000/216 = 5.37, over itself plus 10: 0.3494; 100 · 1.3494
    data = history_data(fast_and_slow(warm_start=("slow", "fast")))
    assert data["score"].tolist() == pytest.approx([134.94, 20.0], abs=0.01)
    assert data["best"].tolist() == data["score"].tolist()
    assert data["warm_start"].tolist() == ["slow", "fast"]
    data = history_data(fast_and_slow())
    assert data["best"].tolist() == [20.0, 20.0]


def test_a_stopped_trial_has_a_score_and_is_the_best_only_if_it_had_come_further():
    data = history_data(stopped(shadow_share=0.0))
    assert data["outcome"].tolist() == ["reached", "pruned"]
    assert data["best"].tolist() == [20.0, 20.0]
    # stopped at 25 s, with a return of 250/216 = 1.157: gap 8.843, over itself plus 10: 0.4693
    assert data["score"][1] == pytest.approx(146.93, abs=0.01)


def test_nothing_but_crashes_has_no_score():
    assert history_data(crashing()).empty


def test_the_axis_begins_at_zero_and_holds_the_budget():
    study = fast_and_slow()
    figure = history_figure(history_data(study), study)
    low, high = figure.layout.yaxis.range
    assert low == 0
    assert high > 134.94
    assert any("budget, 100 s" in str(trace.name) for trace in figure.data)


def test_without_a_target_returns_are_drawn():
    study = fast_and_slow(objective={"kind": "return_at_budget", "target": None})
    figure = history_figure(history_data(study), study)
    (step,) = (trace for trace in figure.data if trace.name == "best so far")
    assert math.isclose(step.y[0], 10.0)
    assert figure.layout.yaxis.title.text == "return"
