"""The common look of all figures: colours, fonts, lines, and the sentence above them."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

COLOURS: Mapping[str, str] = MappingProxyType(
    {
        "blue": "#0072B2",
        "vermilion": "#D55E00",
        "green": "#009E73",
        "orange": "#E69F00",
        "purple": "#CC79A7",
        "sky": "#56B4E9",
        "black": "#222222",
        "grey": "#8C8C8C",
    }
)
"""Okabe and Ito's palette, which is safe for colour-blind people (https://jfly.uni-koeln.de/color/); no yellow, which
is too pale for lines on white."""

SERIES: tuple[tuple[str, str], ...] = tuple(
    zip(
        [COLOURS[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky", "black")],
        ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot", "solid"],
        strict=True,
    )
)
"""Colour and dash of the first, second, … line of a figure. Lines can be told apart without colour too."""

WIDTH = 960
"""Pixels, of the PNG at a scale of 1 and of the HTML, so that both look the same."""

TOP = 108
"""Pixels above the axes, for a title and a sentence of two lines."""
_LINE = 20

_FONT = "Inter, 'Helvetica Neue', 'DejaVu Sans', Arial, sans-serif"
_TEMPLATE = go.layout.Template(
    layout={
        "font": {"family": _FONT, "size": 14, "color": COLOURS["black"]},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "colorway": [colour for colour, _ in SERIES],
        "hoverlabel": {"font": {"family": _FONT}},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.2, "yanchor": "top", "font": {"size": 13}},
        "margin": {"l": 84, "r": 36, "b": 72},
        "title": {"x": 0.012, "xanchor": "left", "yanchor": "top", "font": {"size": 20}},
        **{
            f"{axis}axis": {
                "showgrid": True,
                "gridcolor": "#E8E8E8",
                "zeroline": False,
                "showline": True,
                "linecolor": "#777777",
                "ticks": "outside",
                "tickcolor": "#777777",
                "title": {"standoff": 12},
            }
            for axis in ("x", "y")
        },
    },
    data={"scatter": [{"line": {"simplify": False}}]},
)


def styled(figure: go.Figure, *, title: str, subtitle: str, x: str, y: str, height: int = 520) -> go.Figure:
    """Give a figure the common look, and return it.

    Args:
        figure: the traces.
        title: what is shown, in a few words.
        subtitle: what the figure shows, in one or two lines; HTML line breaks are allowed.
        x: title of the horizontal axis, with its unit.
        y: title of the vertical axis, with its unit.
        height: pixels.
    """
    top = TOP if "<br>" in subtitle else TOP - _LINE
    figure.update_layout(template=_TEMPLATE, width=WIDTH, height=height, margin_t=top, title_y=1 - 26 / height)
    figure.update_layout(title_text=f'<b>{title}</b><br><span style="font-size:14px">{subtitle}</span>', meta=title)
    figure.update_xaxes(title_text=x)
    figure.update_yaxes(title_text=y)
    return figure


def number(value: float, digits: int = 3) -> str:
    """Return a number with some significant digits, without an exponent up to a million, and with a real minus sign."""
    return f"{float(f'{value:.{digits}g}'):g}".replace("-", "−")


def rounded(value: float, reach: float) -> str:
    """Return a number with as many decimals as can be seen on an axis that spans `reach`."""
    decimals = max(0, 2 - math.floor(math.log10(reach))) if reach > 0 else 2
    text = f"{value:.{decimals}f}".replace("-", "−")
    return text.lstrip("−") if float(f"{value:.{decimals}f}") == 0 else text


def faded(colour: str, opacity: float) -> str:
    """Return a colour such as #0072B2 with an opacity, in CSS."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity:g})"


def label(text: str, *, x: float, y: float, colour: str = COLOURS["black"], **more: Any) -> dict[str, Any]:
    """Return an annotation without an arrow that is legible over lines."""
    return {
        "text": text,
        "x": x,
        "y": y,
        "showarrow": False,
        "font": {"color": colour, "size": 13},
        "bgcolor": "rgba(255,255,255,0.8)",
        **more,
    }


def add_target(figure: go.Figure, target: float, milestones: Sequence[float] = ()) -> None:
    """Mark the return that counts as solved, and returns on the way to it."""
    lines = [("target", target, "dash"), *(("milestone", goal, "dot") for goal in milestones)]
    for name, value, dash in lines:
        figure.add_hline(y=value, line={"color": COLOURS["black"], "width": 1.5, "dash": dash})
        note = label(f"{name} {number(value)}", x=0.005, y=value, xref="paper", xanchor="left", yanchor="bottom")
        figure.add_annotation(note)
