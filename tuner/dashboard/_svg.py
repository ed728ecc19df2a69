"""Pictures of one trial as SVG, which the dashboard can show in notes and among artifacts.

The dashboard draws Plotly's figures only on the page of a study, and always all of them. Turning them into images needs
a browser and takes seconds each. These pictures take milliseconds and are drawn on request.
"""

import math
from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape

import pandas as pd

from tuner.clock import ACCOUNTS
from tuner.figures import ACCOUNT_COLOURS, COLOURS, OUTCOMES, RUNNING, number

_WIDTH, _HEIGHT = 760, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 68, 20, 44, 52
_FONT = "Inter, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"
_ROW = 34
_INSIDE = (
    f'<clipPath id="inside"><rect x="{_LEFT}" y="{_TOP}" width="{_WIDTH - _LEFT - _RIGHT}" '
    f'height="{_HEIGHT - _TOP - _BOTTOM}"/></clipPath>'
)
_Points = Sequence[tuple[float, float]]


class _Axes:
    """Two axes with a grid, which convert values to pixels."""

    def __init__(self, right: float, low: float, high: float) -> None:
        self._right = right
        margin = 0.06 * (high - low) or 1.0
        self._low, self._high = low - margin, high + margin

    def x(self, value: float) -> float:
        """Return the horizontal pixel of a time."""
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / self._right

    def y(self, value: float) -> float:
        """Return the vertical pixel of a return."""
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (self._high - value) / (self._high - self._low)

    def path(self, points: _Points) -> str:
        """Return points in the format of SVG."""
        return " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)

    def drawn(self) -> list[str]:
        """Return grid, numbers and titles."""
        bottom, end = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
        parts = []
        for value in ticks(0.0, self._right):
            x = self.x(value)
            parts += [_line(x, _TOP, x, bottom), _text(x, bottom + 18, number(value), anchor="middle")]
        for value in ticks(self._low, self._high):
            y = self.y(value)
            parts += [_line(_LEFT, y, end, y), _text(_LEFT - 8, y + 4, number(value), anchor="end")]
        parts.append(_line(_LEFT, bottom, end, bottom, COLOURS["grey"]))
        parts.append(_text((_LEFT + end) / 2, _HEIGHT - 10, "training clock [s]", anchor="middle"))
        middle = (_TOP + bottom) / 2
        return [*parts, _text(18, middle, "return", anchor="middle", more=f'transform="rotate(-90 18 {middle:.0f})"')]


def curve_svg(
    curve: pd.DataFrame, evaluations: pd.DataFrame, *, target: float | None, outcome: str | None
) -> str | None:
    """Draw a trial's return over the training clock.

    Args:
        curve: `tuner.figures.trial_curve_data` of the trial.
        evaluations: `tuner.figures.trial_evaluations_data` of the trial.
        target: the return that counts as solved.
        outcome: kind of the trial's outcome, which determines the colour; None for a running trial.

    Returns:
        The picture; None if there is nothing to draw.
    """
    drawn = "best" if curve["estimate"].isna().all() else "estimate"
    line = _points(curve, drawn)
    means = _points(evaluations, "mean")
    if not line and not means:
        return None
    high, low = (_points(curve, name) if drawn == "estimate" else [] for name in ("high", "low"))
    exploring = _points(curve, "exploring")
    # The interval may leave the picture: at first it is so wide that it would hide everything else.
    values = [y for _, y in (*line, *means, *exploring)] + ([] if target is None else [target])
    axes = _Axes(1.03 * max(x for x, _ in (*line, *means)) or 1.0, min(values), max(values))
    colour = OUTCOMES[outcome or RUNNING].colour
    parts = [_INSIDE, *axes.drawn()]
    if high and low:
        band = axes.path([*high, *low[::-1]])
        parts.append(f'<polygon points="{band}" fill="{colour}" fill-opacity="0.18" clip-path="url(#inside)"/>')
    if target is not None:
        y = axes.y(target)
        parts.append(_line(_LEFT, y, _WIDTH - _RIGHT, y, COLOURS["black"], more='stroke-dasharray="7 5"'))
    legend = []
    if exploring and drawn == "estimate" and exploring != line:
        parts.append(_polyline(axes.path(exploring), COLOURS["grey"], 1.4, 'stroke-dasharray="2 3"'))
        legend.append(("┈ robots that explore", COLOURS["grey"]))
    parts.append(_polyline(axes.path(line), colour, 2.6))
    parts += [_diamond(axes.x(x), axes.y(y)) for x, y in means]
    legend = [(f"━ {'estimate' if drawn == 'estimate' else 'best so far'}", colour), *legend]
    legend += [("◆ evaluation", COLOURS["black"])] if means else []
    legend += [(f"╌ target {number(target)}", COLOURS["black"])] if target is not None else []
    return _picture([*parts, *_legend(legend)], _HEIGHT)


def ledger_svg(ledger: pd.DataFrame) -> str | None:
    """Draw where a trial's seconds went.

    Args:
        ledger: `tuner.figures.trial_ledger_data` of the trial.

    Returns:
        The picture; None if the trial has no ledger yet.
    """
    seconds = dict(zip(ledger["account"], ledger["seconds"], strict=True))
    longest = max(seconds.values(), default=0.0)
    if longest <= 0:
        return None
    parts = []
    for place, account in enumerate(ACCOUNTS):
        top = 16 + _ROW * place
        width = (_WIDTH - 180) * seconds.get(account, 0.0) / longest
        colour = ACCOUNT_COLOURS[account]
        parts.append(_text(88, top + 17, account, anchor="end"))
        parts.append(f'<rect x="96" y="{top}" width="{width:.1f}" height="{_ROW - 10}" fill="{colour}"/>')
        parts.append(_text(96 + width + 6, top + 17, f"{seconds.get(account, 0.0):.1f} s"))
    return _picture(parts, 24 + _ROW * len(ACCOUNTS))


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Return round numbers between two numbers: multiples of 1, 2 or 5 times a power of ten.

    Args:
        low: the lower end.
        high: the upper end; above `low`.
        about: the largest number of intervals.
    """
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return [count * step for count in range(math.ceil(low / step), math.floor(high / step + 1e-9) + 1)]


def _points(table: pd.DataFrame, column: str) -> list[tuple[float, float]]:
    known = table.dropna(subset=[column])
    return [(float(x), float(y)) for x, y in zip(known["clock_seconds"], known[column], strict=True)]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = "#E8E8E8", *, more: str = "") -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'


def _polyline(points: str, colour: str, width: float, more: str = "") -> str:
    style = (
        f'fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round" {more}'
    )
    return f'<polyline points="{points}" {style}/>'


def _diamond(x: float, y: float) -> str:
    return f'<path d="M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z" fill="{COLOURS["black"]}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", more: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {more}>{escape(text)}</text>'


def _legend(entries: Iterable[tuple[str, str]]) -> list[str]:
    parts, x = [], float(_LEFT)
    for words, colour in entries:
        parts.append(_text(x, 24, words, more=f'fill="{colour}"'))
        x += 28 + 7.4 * len(words)
    return parts


def _picture(parts: Iterable[str], height: int) -> str:
    size = f'width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}"'
    style = f'font-family="{_FONT}" font-size="13" fill="{COLOURS["black"]}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}><rect width="100%" height="100%" fill="white"/>'
        f"<g {style}>{''.join(parts)}</g></svg>"
    )
