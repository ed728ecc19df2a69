"""The pieces of a page as HTML, and the numbers in them. Everything that comes from users is escaped here."""

import html
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.io

_LONGEST = 300
"""Characters of a message that are shown."""


@dataclass(frozen=True)
class Figure:
    """A figure of the page."""

    name: str
    """Name of its PNG file, without suffix."""
    figure: go.Figure
    least_width: int = 0
    """Least width in pixels. On a narrower screen the figure is scrolled sideways."""


Block = str | Figure
"""HTML, or a figure."""


@dataclass(frozen=True)
class Section:
    """One part of the page under a title."""

    name: str
    """Its id in links."""
    link: str
    """Text of links to it: one or two words."""
    title: str
    reading: str
    """A sentence on how to read it; plain text."""
    blocks: list[Block] = field(default_factory=list)


def text(value: object) -> str:
    """Return a value as text that is safe in HTML."""
    return html.escape(str(value))


def paragraph(sentence: str, *, kind: str = "") -> str:
    """Return a paragraph of plain text.

    Args:
        sentence: plain text.
        kind: a class of the style sheet.
    """
    return f'<p class="{kind}">{text(sentence)}</p>' if kind else f"<p>{text(sentence)}</p>"


def note(sentence: str) -> str:
    """Return a paragraph that stands out, such as one that says why a figure is missing."""
    return paragraph(sentence, kind="note")


def heading(words: str) -> str:
    """Return a heading inside a section."""
    return f"<h3>{text(words)}</h3>"


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    numbers: Sequence[int] = (),
    winner: int | None = None,
    narrow: bool = False,
) -> str:
    """Return a table that scrolls sideways if the screen is too narrow.

    Args:
        titles: of the columns. If all are empty, the table has no head.
        rows: cells of plain text; the first cell is the head of its row. A `Raw` cell is used unchanged.
        numbers: indices of columns with numbers, which are aligned on the right.
        winner: index of the row to highlight.
        narrow: make it as wide as its content instead of the page.
    """
    head = "".join(_cell("th", title, place in numbers) for place, title in enumerate(titles))
    body = "".join(
        f'<tr class="winner">{_row(row, numbers)}</tr>' if place == winner else f"<tr>{_row(row, numbers)}</tr>"
        for place, row in enumerate(rows)
    )
    thead = f"<thead><tr>{head}</tr></thead>" if any(titles) else ""
    kind = ' class="narrow"' if narrow else ""
    return f'<div class="scroll"><table{kind}>{thead}<tbody>{body}</tbody></table></div>'


class Raw(str):
    """HTML that is already safe."""

    __slots__ = ()


def keyed(colour: str, words: str) -> Raw:
    """Return words after a patch of a figure's colour."""
    return Raw(f'<span class="key" style="background:{text(colour)}"></span>{text(words)}')


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """Return names and values, in as many columns as fit."""
    listed = "".join(f"<div><dt>{text(name)}</dt><dd>{text(value)}</dd></div>" for name, value in rows)
    return f'<dl class="pairs">{listed}</dl>'


def folded(summary: str, content: str, *, printed: bool = True) -> str:
    """Return content that is shown when its summary is clicked. It is printed unfolded, or not at all."""
    kind = "" if printed else ' class="unprinted"'
    return f"<details{kind}><summary>{text(summary)}</summary>{content}</details>"


def drawn(block: Figure) -> str:
    """Return the element of a figure, with its data. The page's script draws it."""
    spec = json.loads(plotly.io.to_json(block.figure, validate=False))
    data = {"data": spec["data"], "layout": spec["layout"], "least": block.least_width}
    # No "</script>" in a user's text can end the element early.
    packed = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    title = text(block.figure.layout.meta or block.name)
    return (
        f'<div class="scroll"><div class="figure" id="figure-{text(block.name)}" role="img" aria-label="{title}">'
        f'<script type="application/json">{packed}</script></div></div>'
    )


def preformatted(content: str) -> str:
    """Return text that keeps its lines."""
    return f'<div class="scroll"><pre>{text(content)}</pre></div>'


def duration(seconds: float) -> str:
    """Return a length of time such as `45 s`, `3 min 12 s` or `1 h 02 min`."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def optional(value: Any, form: str) -> str:
    """Return a number in the given format, or a dash if there is none."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "—"
    return form.format(value).replace("-", "−")


def rows_of(data: pd.DataFrame) -> list[Any]:
    """Return the rows of a table, each with its columns as attributes."""
    return list(data.itertuples())


def percent(share: float, digits: int = 0) -> str:
    """Return a share such as 0.25 as `25 %`."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def shorten(message: Any) -> str:
    """Return the beginning of a message; empty if there is none."""
    if not isinstance(message, str):
        return ""
    return message if len(message) <= _LONGEST else message[:_LONGEST].rstrip() + " …"


def moment(epoch_seconds: float) -> str:
    """Return a moment such as `2026-01-31 12:00 UTC`."""
    return datetime.fromtimestamp(epoch_seconds, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")


def _row(row: Sequence[object], numbers: Sequence[int]) -> str:
    return "".join(_cell("td" if place else "th", cell, place in numbers) for place, cell in enumerate(row))


def _cell(element: str, value: object, is_number: bool) -> str:
    content = value if isinstance(value, Raw) else text(value)
    return f'<{element} class="number">{content}</{element}>' if is_number else f"<{element}>{content}</{element}>"
