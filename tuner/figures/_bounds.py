"""Action bounds from several sources side by side: percentiles, joint limits, a share of the declared box."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tuner.actions import Recording
from tuner.config import ActionBoundsFile
from tuner.errors import UserError
from tuner.figures._actions import dimension_names
from tuner.figures._style import SERIES, TOP, label, number, rounded, styled

_SOURCE_PIXELS = 17
_COLUMNS = ("dimension", "name", "source", "low", "high")
_MARKS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star")


def bounds_data(
    files: Sequence[tuple[str, ActionBoundsFile]], recording: Recording | None = None, *, every: bool = False
) -> pd.DataFrame:
    """Return one row for each source of bounds and action dimension, source by source.

    Columns: `dimension`; `name`, the joint's if it is known; `source`, where the bounds come from; `low`, `high`, in
    the task's units. The sources are those of the files, the joint limits in the files, and the least and greatest
    commanded actions of the recording.

    Args:
        files: bounds files, each with a name. The name may be empty if there is only one file.
        recording: actions of a policy on the same task.
        every: draw all pairs of percentiles in the files, not only the one used as bounds.

    Raises:
        UserError: if there is nothing to draw, or the sources differ in their task or number of dimensions.
    """
    boxes = [(source, low, high) for name, file in files for source, low, high in _boxes(name, file, every)]
    if recording is not None:
        low, high = recording.commanded.min(axis=(0, 1)), recording.commanded.max(axis=(0, 1))
        boxes.append(("recorded minimum and maximum", low.tolist(), high.tolist()))
    if not boxes:
        raise UserError("There are no bounds to draw. Name a bounds file, as `tuner bounds` writes it.")
    tasks = [file.task.id for _, file in files] + ([] if recording is None else [recording.task.id])
    _check_same_task(tasks, boxes)
    dimensions = len(boxes[0][1])
    names = [f"action {dimension}" for dimension in range(dimensions)]
    if recording is not None:
        names = dimension_names(recording)
    rows = [
        (dimension, names[dimension], source, float(low[dimension]), float(high[dimension]))
        for source, low, high in boxes
        for dimension in range(dimensions)
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def bounds_figure(data: pd.DataFrame, *, title: str = "Action bounds, by source") -> go.Figure:
    """Draw `bounds_data`: for each dimension one interval for each source, the first dimension on top."""
    sources = list(dict.fromkeys(data["source"]))
    dimensions = int(data["dimension"].max()) + 1
    reach = float(data["high"].max() - data["low"].min())
    figure = go.Figure()
    for place, source in enumerate(sources):
        rows = data[data["source"] == source]
        colour, _ = SERIES[place % len(SERIES)]
        y = -rows["dimension"] + 0.36 - 0.72 * (place + 0.5) / len(sources)
        gap = np.full(len(rows), np.nan)
        figure.add_scatter(
            x=np.column_stack([rows["low"], rows["high"], gap]).ravel(),
            y=np.column_stack([y, y, gap]).ravel(),
            name=f"{source} (mean width {number((rows['high'] - rows['low']).mean())})",
            mode="lines+markers",
            line={"color": colour, "width": 3},
            marker={"color": colour, "size": 7, "symbol": _MARKS[place % len(_MARKS)]},
            hovertemplate=f"{source}: %{{x:.3g}}<extra></extra>",
        )
        for bound, anchor, shift in (("low", "right", -6), ("high", "left", 6)):
            for value, height in zip(rows[bound], y, strict=True):
                note = label(rounded(value, reach), x=value, y=height, xanchor=anchor, xshift=shift)
                figure.add_annotation({**note, "font": {"color": colour, "size": 10}, "bgcolor": None})
    for dimension in range(1, dimensions):
        figure.add_hline(y=-dimension + 0.5, line={"color": "#D8D8D8", "width": 1})
    return _framed(figure, data, sources, dimensions, title)


def _framed(figure: go.Figure, data: pd.DataFrame, sources: list[str], dimensions: int, title: str) -> go.Figure:
    """Set axes and sizes."""
    least, greatest = float(data["low"].min()), float(data["high"].max())
    reach = greatest - least
    names = data.drop_duplicates("dimension").sort_values("dimension")["name"]
    figure.update_xaxes(range=[least - 0.07 * reach, greatest + 0.07 * reach])
    figure.update_yaxes(
        tickvals=[-dimension for dimension in range(dimensions)],
        ticktext=names,
        range=[-dimensions + 0.5, 0.5],
        showgrid=False,
        automargin=True,
    )
    inner = dimensions * (_SOURCE_PIXELS * len(sources) + 12)
    bottom = 96 + 22 * ((len(sources) + 1) // 2)
    figure.update_layout(margin={"b": bottom}, legend={"y": -66 / inner})
    return styled(
        figure,
        title=title,
        subtitle="For each action, the interval that each source gives it.",
        x="action [task units]",
        y="",
        height=inner + TOP + bottom,
    )


def _boxes(name: str, file: ActionBoundsFile, every: bool) -> list[tuple[str, Sequence[float], Sequence[float]]]:
    """Return the boxes of a file, each with its source."""
    prefix = f"{name}: " if name else ""
    by_percentiles = {
        f"percentiles {pair[0]:g} to {pair[1]:g}": box
        for pair, box in file.boxes_by_percentiles.items()
        if every or (file.source == "percentiles" and pair == file.percentiles)
    }
    others = {"joint limits": file.joint_limit_box}
    if file.source == "fraction" and file.fraction is not None:
        others[f"{100 * file.fraction:g} % of the declared box"] = file.box
    found = {**by_percentiles, **{text: box for text, box in others.items() if box is not None}}
    return [(prefix + text, box.low, box.high) for text, box in found.items()]


def _check_same_task(tasks: Sequence[str], boxes: Sequence[tuple[str, Sequence[float], Sequence[float]]]) -> None:
    if len(set(tasks)) > 1:
        raise UserError(
            f"These are of different tasks: {', '.join(sorted(set(tasks)))}. Draw each task's bounds separately."
        )
    lengths = {source: len(low) for source, low, _ in boxes}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{source}: {length}" for source, length in lengths.items())
        raise UserError(
            f"The bounds have different numbers of action dimensions ({told}), so they are not of one task."
        )
