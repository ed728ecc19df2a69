"""What all figures share."""

import plotly.graph_objects as go
import pytest

from tuner.figures._style import SERIES, faded, number, rounded, styled


def test_lines_differ_by_dash_too():
    assert len({colour for colour, _ in SERIES}) == len(SERIES)
    assert len({dash for _, dash in SERIES}) >= len(SERIES) - 1


def test_colours_with_opacity():
    assert faded("#0072B2", 0.25) == "rgba(0,114,178,0.25)"


@pytest.mark.parametrize(("value", "text"), [(-100.0, "−100"), (0.02346, "0.0235"), (3.0, "3"), (1432.4, "1430")])
def test_numbers(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "reach", "text"),
    [(-2.04, 10.0, "−2.0"), (3.14159, 1.0, "3.14"), (-99.6, 200.0, "−100"), (-0.001, 10.0, "0.0"), (1.0, 0.0, "1.00")],
)
def test_as_many_decimals_as_make_a_difference(value, reach, text):
    assert rounded(value, reach) == text


def test_every_figure_has_a_title_axes_and_a_size():
    figure = styled(go.Figure(), title="A", subtitle="b", x="time [s]", y="return", height=300)
    assert figure.layout.title.text.startswith("<b>A</b><br>")
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("time [s]", "return")
    assert (figure.layout.width, figure.layout.height) == (960, 300)
    assert figure.layout.template.layout.plot_bgcolor == "white"
