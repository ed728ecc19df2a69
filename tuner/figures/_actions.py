"""How a recorded policy's actions are distributed in each dimension, with minimum, maximum and percentiles."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from tuner.actions import Recording
from tuner.config import check_percentiles
from tuner.figures._style import COLOURS, TOP, faded, label, number, rounded, styled

_BINS = 80
_ROW_PIXELS = 46
_RIDGE = 0.6
"""Height of a ridge at its highest, in rows."""


def percentiles_data(
    recording: Recording, *, percentiles: tuple[float, float] = (2.5, 97.5), raw: bool = False
) -> pd.DataFrame:
    """Return one row for each action dimension, in their order.

    Columns: `dimension`; `name`, the joint's if it is known; `minimum`, `low`, `median`, `high`, `maximum`, where
    low and high are the two percentiles; `low_percentile`, `high_percentile`, their numbers; `box_low`, `box_high`, the
    box that the task declares.

    Args:
        recording: actions of a policy.
        percentiles: the two percentiles, from 0 to 100.
        raw: take the network's own outputs, before squashing or clipping, instead of what the task got.

    Raises:
        UserError: for percentiles that are not from 0 to 100, or in the wrong order.
    """
    check_percentiles(percentiles)
    values = _values(recording, raw=raw)
    numbers = np.percentile(values, [0, percentiles[0], 50, percentiles[1], 100], axis=0)
    return pd.DataFrame(
        {
            "dimension": np.arange(values.shape[1]),
            "name": dimension_names(recording),
            **dict(zip(("minimum", "low", "median", "high", "maximum"), numbers, strict=True)),
            "low_percentile": percentiles[0],
            "high_percentile": percentiles[1],
            "box_low": np.asarray(recording.task_low, dtype=np.float64),
            "box_high": np.asarray(recording.task_high, dtype=np.float64),
        }
    )


def histogram_data(recording: Recording, *, raw: bool = False, bins: int = _BINS) -> pd.DataFrame:
    """Return how the values of each dimension are spread over bins that all dimensions share.

    Columns: `dimension`; `left` and `right`, the edges of a bin; `share`, of the dimension's values that are in it.

    Args:
        recording: actions of a policy.
        raw: as in `percentiles_data`.
        bins: number of bins, of equal width from the least to the greatest value of all dimensions.
    """
    values = _values(recording, raw=raw)
    edges = np.histogram_bin_edges(values, bins=bins)
    counts = [np.histogram(column, bins=edges)[0] for column in values.T]
    dimensions = values.shape[1]
    return pd.DataFrame(
        {
            "dimension": np.repeat(np.arange(dimensions), bins),
            "left": np.tile(edges[:-1], dimensions),
            "right": np.tile(edges[1:], dimensions),
            "share": np.concatenate(counts) / len(values),
        }
    )


def actions_figure(percentiles: pd.DataFrame, histogram: pd.DataFrame, *, source: str) -> go.Figure:
    """Draw `percentiles_data` and `histogram_data`: one row for each dimension, the first on top.

    Args:
        percentiles: the numbers.
        histogram: the ridges.
        source: what was recorded, for the sentence above the figure.
    """
    rows = -np.arange(len(percentiles), dtype=np.float64)
    figure = go.Figure()
    _add_ridges(figure, histogram, percentiles, rows)
    _add_spans(figure, percentiles, rows)
    least, greatest = float(percentiles["minimum"].min()), float(percentiles["maximum"].max())
    reach = (greatest - least) or 1.0
    _add_numbers(figure, percentiles, rows, reach)
    figure.update_xaxes(range=[least - 0.09 * reach, greatest + 0.09 * reach])
    figure.update_yaxes(
        tickvals=rows, ticktext=percentiles["name"], range=[rows[-1] - 0.55, 0.95], showgrid=False, automargin=True
    )
    figure.update_layout(margin={"b": 118}, legend={"y": -70 / (_ROW_PIXELS * len(rows) + 40)})
    return styled(
        figure,
        title="Where the actions lie",
        subtitle=f"{source}. {_box_sentence(percentiles)}",
        x="action [task units]",
        y="",
        height=_ROW_PIXELS * len(rows) + 40 + TOP + 118,
    )


def _add_ridges(
    figure: go.Figure, histogram: pd.DataFrame, percentiles: pd.DataFrame, rows: npt.NDArray[np.float64]
) -> None:
    for dimension, base in enumerate(rows):
        bins = histogram[histogram["dimension"] == dimension]
        filled = bins.index[bins["share"] > 0]
        bins = bins.loc[filled[0] : filled[-1]]
        least, greatest = percentiles["minimum"].iloc[dimension], percentiles["maximum"].iloc[dimension]
        middle = ((bins["left"] + bins["right"]) / 2).clip(least, greatest)
        x = np.concatenate([[least], middle, [greatest]])
        y = base + _RIDGE * np.concatenate([[0.0], bins["share"] / bins["share"].max(), [0.0]])
        figure.add_scatter(
            x=x,
            y=y,
            name="distribution, each to its own height",
            legendgroup="distribution",
            showlegend=dimension == 0,
            mode="lines",
            line={"color": COLOURS["blue"], "width": 1.5},
            fill="toself",
            fillcolor=faded(COLOURS["blue"], 0.25),
            hoverinfo="skip",
        )


def _add_spans(figure: go.Figure, data: pd.DataFrame, rows: npt.NDArray[np.float64]) -> None:
    low, high = data["low_percentile"].iloc[0], data["high_percentile"].iloc[0]
    spans = (
        ("minimum to maximum", "minimum", "maximum", COLOURS["grey"], 2),
        (f"{low:g}th to {high:g}th percentile", "low", "high", COLOURS["vermilion"], 5),
    )
    for name, left, right, colour, width in spans:
        gap = np.full(len(data), np.nan)
        figure.add_scatter(
            x=np.column_stack([data[left], data[right], gap]).ravel(),
            y=np.column_stack([rows, rows, gap]).ravel(),
            name=name,
            mode="lines",
            line={"color": colour, "width": width},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=data["median"],
        y=rows,
        name="median",
        mode="markers",
        marker={"color": "white", "size": 9, "line": {"color": COLOURS["black"], "width": 2}},
        customdata=data[["name", "minimum", "low", "high", "maximum"]],
        hovertemplate="%{customdata[0]}<br>median %{x:.3g}<br>minimum %{customdata[1]:.3g}, maximum "
        f"%{{customdata[4]:.3g}}<br>percentiles {low:g}: %{{customdata[2]:.3g}}, {high:g}: %{{customdata[3]:.3g}}"
        "<extra></extra>",
    )


def _add_numbers(figure: go.Figure, data: pd.DataFrame, rows: npt.NDArray[np.float64], reach: float) -> None:
    styles = (
        ("minimum", "right", -5, 0, "#5A5A5A"),
        ("maximum", "left", 5, 0, "#5A5A5A"),
        ("low", "center", 0, -12, COLOURS["vermilion"]),
        ("high", "center", 0, -12, COLOURS["vermilion"]),
    )
    for column, anchor, x_shift, y_shift, colour in styles:
        for value, row in zip(data[column], rows, strict=True):
            note = label(rounded(value, reach), x=value, y=row, colour=colour, xanchor=anchor, xshift=x_shift)
            figure.add_annotation({**note, "yshift": y_shift, "font": {"color": colour, "size": 11}, "bgcolor": None})


def _box_sentence(data: pd.DataFrame) -> str:
    """Return the least and the greatest share of the declared box that the percentiles span."""
    width = data["box_high"] - data["box_low"]
    if not np.isfinite(width).all():
        return "The task declares no bounds."
    shares = 100 * (data["high"] - data["low"]) / width
    declared = _declared(data["box_low"].tolist(), data["box_high"].tolist())
    low, high = data["low_percentile"].iloc[0], data["high_percentile"].iloc[0]
    return (
        f"The declared box is {declared};<br>from the {low:g}th to the {high:g}th percentile a dimension spans "
        f"{number(shares.min(), 2)} to {number(shares.max(), 2)} % of it."
    )


def _declared(low: Sequence[float], high: Sequence[float]) -> str:
    if len(set(low)) == len(set(high)) == 1:
        return f"{number(low[0], 6)} to {number(high[0], 6)}"
    return f"within {number(min(low), 6)} to {number(max(high), 6)}"


def dimension_names(recording: Recording) -> list[str]:
    """Return the name of each action dimension."""
    if recording.joints is not None:
        return list(recording.joints.names)
    return [f"action {dimension}" for dimension in range(len(recording.task_low))]


def _values(recording: Recording, *, raw: bool) -> npt.NDArray[np.float64]:
    """Return the values of all steps and robots, shape (samples, action_dim)."""
    values = recording.raw if raw else recording.commanded
    return values.reshape(-1, values.shape[-1]).astype(np.float64)
