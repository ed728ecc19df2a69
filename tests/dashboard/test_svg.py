"""Pictures of trials as SVG: what is in them, and where."""

import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest

from tuner.dashboard._svg import curve_svg, ledger_svg, ticks

SVG = "{http://www.w3.org/2000/svg}"
NO_EVALUATION = pd.DataFrame(columns=["clock_seconds", "mean", "standard_error"], dtype="float64")


def curve(**columns):
    """Return a curve of three ticks, at 5, 10 and 15 s."""
    missing = dict.fromkeys(["estimate", "low", "high", "best", "exploring"], [None] * 3)
    return pd.DataFrame({"clock_seconds": [5.0, 10.0, 15.0], **missing, **columns}).astype("float64")


def elements(picture, tag):
    return ElementTree.fromstring(picture).findall(f".//{SVG}{tag}")


def words(picture):
    return [element.text for element in elements(picture, "text")]


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (-3.2, 7.9, [-2, 0, 2, 4, 6]), (0, 0.3, [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3])],
)
def test_round_numbers_along_an_axis(low, high, found):
    # A sixth of 100 is 16.7, so steps of 20; of 11.1 it is 1.85, so 2; of 0.3 it is 0.05.
    assert ticks(low, high) == pytest.approx(found)


def test_a_curve_with_band_evaluation_and_target():
    table = curve(estimate=[0, 5, 10], low=[-1, 4, 9], high=[1, 6, 11], exploring=[0, 4, 8])
    evaluation = pd.DataFrame({"clock_seconds": [15.0], "mean": [10.0], "standard_error": [0.5]})
    picture = curve_svg(table, evaluation, target=12.0, outcome="reached")
    exploring, estimate = elements(picture, "polyline")
    points = [tuple(map(float, point.split(","))) for point in estimate.get("points").split()]
    # 68 pixels are left of the axes, which are 760 − 68 − 20 = 672 wide for 1.03 · 15 = 15.45 s: 5 s are 217.5 pixels.
    assert [x for x, _ in points] == pytest.approx([68 + 217.5, 68 + 435.0, 68 + 652.4], abs=0.1)
    # From 0 to 12 there are 6 % more on both ends, 13.44 in all, on 400 − 44 − 52 = 304 pixels: 5 are 113.1 of them.
    assert points[0][1] - points[1][1] == pytest.approx(113.1, abs=0.1)
    assert "stroke-dasharray" in exploring.attrib
    assert len(elements(picture, "polygon")) == 1
    assert {"━ estimate", "┈ robots that explore", "◆ evaluation", "╌ target 12"} <= set(words(picture))


def test_a_wide_interval_does_not_flatten_the_curve():
    narrow = curve_svg(curve(estimate=[0, 5, 10]), NO_EVALUATION, target=None, outcome=None)
    wide = curve_svg(
        curve(estimate=[0, 5, 10], low=[-900, 4, 9], high=[1, 6, 11]), NO_EVALUATION, target=None, outcome=None
    )
    line = [elements(picture, "polyline")[0].get("points") for picture in (narrow, wide)]
    assert line[0] == line[1]
    assert elements(wide, "polygon")[0].get("clip-path") == "url(#inside)"


def test_while_it_runs_the_best_so_far_is_drawn():
    assert "━ best so far" in words(curve_svg(curve(best=[0, 1, 1]), NO_EVALUATION, target=None, outcome=None))


@pytest.mark.parametrize("value", [0.0, -3.0, 1e-9, 1e7])
def test_a_curve_without_height_can_be_drawn(value):
    assert elements(curve_svg(curve(best=[value] * 3), NO_EVALUATION, target=None, outcome="pruned"), "polyline")


def test_nothing_to_draw():
    assert curve_svg(curve(), NO_EVALUATION, target=5.0, outcome="pruned") is None
    assert ledger_svg(pd.DataFrame({"account": ["learn"], "seconds": [0.0]})) is None


def test_a_ledger_has_a_bar_for_each_account():
    picture = ledger_svg(pd.DataFrame({"account": ["simulate", "learn"], "seconds": [10.0, 40.0]}))
    widths = {float(bar.get("width")) for bar in elements(picture, "rect")[1:]}
    assert widths == {0.0, 145.0, 580.0}  # 760 − 180 pixels for the longest, a quarter of it for the other
    assert {"learn", "40.0 s", "10.0 s"} <= set(words(picture))


def test_only_evaluations_can_be_drawn():
    evaluation = pd.DataFrame({"clock_seconds": [5.0, 10.0], "mean": [1.0, 2.0], "standard_error": [0.5, 0.5]})
    picture = curve_svg(curve(), evaluation, target=None, outcome="reached")
    diamonds = [path.get("d") for path in elements(picture, "path") if path.get("d").startswith("M")]
    # 672 pixels for 1.03 · 10 = 10.3 s: 5 s are 326.2 of them, right of the 68 before the axes.
    assert [float(path[1:].split()[0]) for path in diamonds] == pytest.approx([68 + 326.2, 68 + 652.4], abs=0.1)
    assert "◆ evaluation" in words(picture)
