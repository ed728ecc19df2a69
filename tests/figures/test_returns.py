"""Returns of all trials over the training clock."""

import pytest

from tests.figures.studies import crashing, empty, fast_and_slow
from tuner.figures import OUTCOMES, returns_data, returns_figure
from tuner.figures._returns import _reach


def test_each_trial_has_its_ticks_and_its_end():
    data = returns_data(fast_and_slow(), top=1)
    fast, slow = (data[data["number"] == number] for number in (0, 1))
    # ticks at 5, 10, 15 s, and the end at 20 s with the target of 10; the slow one has 20 ticks, the last at its end
    assert fast["clock_seconds"].tolist() == [5.0, 10.0, 15.0, 20.0]
    assert fast["return"].tolist() == [2.5, 5.0, 7.5, 10.0]
    assert fast["end"].tolist() == [False, False, False, True]
    assert set(fast["outcome"]) == {"reached"}
    assert fast["top"].all()
    assert len(slow) == 21
    assert slow["return"].iloc[-1] == pytest.approx(10 * 100 / 216)
    assert set(slow["outcome"]) == {"exhausted"}
    assert not slow["top"].any()


def test_a_fault_ends_where_its_last_return_was():
    # x = 0.8 takes 120 s; it crashes after 4 ticks, at 20 s, with 10 · 20 / 120
    data = returns_data(crashing())
    assert data["number"].unique().tolist() == [0, 1]
    assert set(data["outcome"]) == {"crashed"}
    ends = data[data["end"]]
    assert ends["return"].tolist() == pytest.approx([10 * 20 / 120] * 2)


def test_lines_and_marks_have_their_outcomes_colour():
    figure = returns_figure(returns_data(fast_and_slow(), top=1), target=10.0)
    marks = {trace.name: trace.marker.color for trace in figure.data if trace.mode == "markers"}
    assert marks == {
        "reached the target (1)": OUTCOMES["reached"].colour,
        "budget spent (1)": OUTCOMES["exhausted"].colour,
    }
    widths = {trace.legendgroup: trace.line.width for trace in figure.data if trace.mode == "lines"}
    assert widths["reached"] > widths["exhausted"]
    assert [note.text for note in figure.layout.annotations] == ["target 10"]


def test_every_outcome_looks_different():
    assert len({(look.colour, look.symbol) for look in OUTCOMES.values()}) == len(OUTCOMES)


def test_depths_are_left_out_where_they_would_take_half_of_the_room():
    # 1 … 20 and −100: the tenth percentile of 21 values is the third, 2
    assert _reach([-100.0, *map(float, range(1, 21))]) == (2.0, 20.0)
    assert _reach([float(value) for value in range(1, 22)]) == (1.0, 21.0)


def test_a_study_without_trials():
    assert returns_data(empty()).empty
