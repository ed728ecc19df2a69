"""Parallel coordinates and importances: Optuna's, in our colours."""

import pytest

from tests.figures.studies import crashing, fast_and_slow
from tests.study.toy import Lab
from tuner.figures import (
    MINIMUM_TRIALS,
    OUTCOMES,
    importances_data,
    importances_figure,
    parallel_figure,
    searched_parameters,
)


@pytest.fixture(scope="module")
def searched():
    lab = Lab(None)
    config = lab.config(budget={"trials": 24})
    lab.run(config)
    return lab.load(config)


def test_only_parameters_that_vary_were_searched(searched):
    assert searched_parameters(searched) == ["x", "y"]
    lab = Lab(None)
    config = lab.config(budget={"trials": 4}, fixed={"x": 0.3})
    lab.run(config)
    assert searched_parameters(lab.load(config)) == ["y"]
    assert searched_parameters(crashing(2)) == []


def test_the_parameter_that_decides_is_the_important_one(searched):
    data = importances_data(searched)
    assert data["parameter"].tolist() == ["x", "y"]
    assert data["importance"].sum() == pytest.approx(1.0)
    assert data["importance"][0] > 0.8, "y does nothing"
    (bars,) = importances_figure(data).data
    assert list(bars.x) == data["importance"].tolist()


def test_few_trials_have_no_importances():
    study = fast_and_slow()
    assert len(study.trials) < MINIMUM_TRIALS
    assert importances_data(study).empty


def test_lines_have_the_colours_of_outcomes_and_the_best_is_thick():
    figure = parallel_figure(fast_and_slow(), ["x", "y"])
    fast, slow = (trace for trace in figure.data if trace.mode == "lines")
    assert (fast.line.color, slow.line.color) == (OUTCOMES["reached"].colour, OUTCOMES["exhausted"].colour)
    assert fast.line.width > slow.line.width
    assert fast.text == "trial 0"
    assert list(figure.layout.xaxis.ticktext) == ["score [s]", "x", "y"]
    # scores 20 and 134.9 are the ends of the first axis; x is 0.3 and 1, y is a and b
    assert [fast.y[0], slow.y[0]] == [0.0, 1.0]
    assert [fast.y[1], slow.y[1]] == [0.0, 1.0]


def test_without_a_target_the_first_axis_is_the_return():
    study = fast_and_slow(objective={"kind": "return_at_budget", "target": None})
    figure = parallel_figure(study, ["x"])
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert figure.layout.xaxis.ticktext[0] == "return"
    assert [lines[0].y[0], lines[1].y[0]] == [1.0, 0.0], "the higher return lies higher"
    assert lines[0].line.width > lines[1].line.width
