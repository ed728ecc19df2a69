"""The pieces of the page, with users' texts in them."""

import json
import math

import pandas as pd
import plotly.graph_objects as go
import pytest

from tuner.report._blocks import (
    Figure,
    Raw,
    drawn,
    duration,
    folded,
    heading,
    keyed,
    moment,
    note,
    optional,
    pairs,
    paragraph,
    percent,
    preformatted,
    rows_of,
    shorten,
    table,
)

NASTY = '</script><b onclick="x">&'
SAFE = "&lt;/script&gt;&lt;b onclick=&quot;x&quot;&gt;&amp;"


@pytest.mark.parametrize(
    ("piece", "html"),
    [
        (paragraph(NASTY), f"<p>{SAFE}</p>"),
        (paragraph(NASTY, kind="reading"), f'<p class="reading">{SAFE}</p>'),
        (note(NASTY), f'<p class="note">{SAFE}</p>'),
        (heading(NASTY), f"<h3>{SAFE}</h3>"),
        (pairs([(NASTY, NASTY)]), f'<dl class="pairs"><div><dt>{SAFE}</dt><dd>{SAFE}</dd></div></dl>'),
        (preformatted(NASTY), f'<div class="scroll"><pre>{SAFE}</pre></div>'),
        (folded(NASTY, "<p>content</p>"), f"<details><summary>{SAFE}</summary><p>content</p></details>"),
        (
            folded("a", "b", printed=False),
            '<details class="unprinted"><summary>a</summary>b</details>',
        ),
        (keyed("#0072B2", NASTY), f'<span class="key" style="background:#0072B2"></span>{SAFE}'),
    ],
)
def test_texts_of_users_stay_texts(piece, html):
    assert piece == html


def test_a_table_has_headings_numbers_and_a_winner():
    shown = table(("trial", "seconds"), [("<0>", 1.5), ("1", Raw("<i>2</i>"))], numbers=(1,), winner=1)
    assert shown == (
        '<div class="scroll"><table><thead><tr><th>trial</th><th class="number">seconds</th></tr></thead><tbody>'
        '<tr><th>&lt;0&gt;</th><td class="number">1.5</td></tr>'
        '<tr class="winner"><th>1</th><td class="number"><i>2</i></td></tr></tbody></table></div>'
    )


def test_a_table_without_titles_has_no_head():
    shown = table(("", ""), [("a", "b")], narrow=True)
    assert "<thead>" not in shown
    assert '<table class="narrow">' in shown


def test_a_figure_carries_its_data_and_cannot_end_its_script():
    figure = go.Figure(go.Scatter(x=[1, 2], y=[3, math.nan], name=NASTY)).update_layout(meta=NASTY)
    shown = drawn(Figure("curves", figure, least_width=700))
    assert 'id="figure-curves"' in shown
    assert f'aria-label="{SAFE}"' in shown
    assert shown.count("</script>") == 1
    data = json.loads(shown.partition('<script type="application/json">')[2].partition("</script>")[0])
    assert data["least"] == 700
    assert data["data"][0]["name"] == NASTY


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (45.2, "45 s"), (192, "3 min 12 s"), (120, "2 min 00 s"), (3725, "1 h 02 min"), (-1, "0 s")],
)
def test_lengths_of_time(seconds, text):
    assert duration(seconds) == text


def test_numbers_that_may_be_missing():
    assert optional(-1.25, "{:.1f} s") == "−1.2 s"
    assert optional(None, "{:.1f}") == optional(math.nan, "{:.1f}") == optional(math.inf, "{:.1f}") == "—"
    assert percent(0.256) == "26\N{NO-BREAK SPACE}%"
    assert percent(0.256, 1) == "25.6\N{NO-BREAK SPACE}%"


def test_long_messages_are_cut():
    assert shorten("short") == "short"
    assert shorten(None) == shorten(math.nan) == ""
    assert shorten("x" * 300) == "x" * 300
    assert shorten("x" * 299 + " yz") == "x" * 299 + " …"


def test_moments_are_in_universal_time():
    # 20454 days after 1970 it is 1 January 2026; 12 hours are 43,200 s.
    assert moment(20454 * 86_400 + 43_200) == "2026-01-01 12:00 UTC"


def test_rows_have_their_columns_as_attributes():
    first, second = rows_of(pd.DataFrame({"number": [3, 4], "name": ["a", "b"]}))
    assert (first.number, second.name) == (3, "b")
