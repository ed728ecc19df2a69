"""PPO's first actions inside the box that the task declares."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tuner.actions import UNIT_ACTION, gaussian_outside
from tuner.figures._densities import check_box, check_std, gaussian_density
from tuner.figures._style import COLOURS, faded, label, number, styled


def box_data(low: float, high: float, std: float = 1.0) -> pd.DataFrame:
    """Return the initial Gaussian over the whole declared box, in the order of actions.

    Columns: `action`, in the task's units, over the box and at least −4σ to 4σ; `density`, per unit of action; `low`,
    `high` and `std`, the arguments, in every row.

    Args:
        low: lower bound of the box.
        high: upper bound of the box.
        std: the Gaussian's standard deviation.

    Raises:
        UserError: for a box that is infinite or has no inside, or a σ that is no number above zero.
    """
    check_box(low, high)
    check_std(std)
    near = np.linspace(-4, 4, 201) * std
    ends = min(low, near[0]), max(high, near[-1])
    action = np.unique(np.concatenate([near, np.linspace(*ends, 201), [low, high]]))
    density = gaussian_density(action, std)
    return pd.DataFrame({"action": action, "density": density, "low": low, "high": high, "std": std})


def box_figure(data: pd.DataFrame) -> go.Figure:
    """Draw `box_data`."""
    low, high, std = (float(data[name].iloc[0]) for name in ("low", "high", "std"))
    top = float(data["density"].max())
    figure = go.Figure(
        go.Scatter(
            x=data["action"],
            y=data["density"],
            name="PPO's first actions",
            line={"color": COLOURS["blue"], "width": 3},
            fill="tozeroy",
            fillcolor=faded(COLOURS["blue"], 0.25),
            hovertemplate="action %{x:.3g}<br>density %{y:.3g}<extra></extra>",
        )
    )
    span = high - low
    left, right = min(low, float(data["action"].min())), max(high, float(data["action"].max()))
    add_box(figure, low, high, top=1.12 * top, beside=span < 0.6 * (right - left))
    far = gaussian_outside(-UNIT_ACTION, UNIT_ACTION, std)
    figure.add_annotation(
        label(
            f"{100 * (1 - far):.1f} % of PPO's first actions<br>lie within ±{UNIT_ACTION:g}",
            x=0.66,
            xref="paper",
            y=0.8 * top,
            xanchor="left",
            colour=COLOURS["blue"],
        )
    )
    figure.update_xaxes(range=[left - 0.04 * (right - left), right + 0.04 * (right - left)])
    figure.update_yaxes(range=[0, 1.25 * top])
    figure.update_layout(showlegend=False)
    return styled(
        figure,
        title="The same Gaussian inside the declared box",
        subtitle=_verdict(low, high, std),
        x="action [task units]",
        y="density [1 / task unit]",
    )


def _verdict(low: float, high: float, std: float) -> str:
    box = f"a box of {number(low, 6)} to {number(high, 6)}"
    if low <= -UNIT_ACTION and high >= UNIT_ACTION:
        share = number(100 * 2 * UNIT_ACTION / (high - low))
        return f"±{UNIT_ACTION:g} is {share} % of {box}; PPO does not notice, as its Gaussian has no bounds."
    outside = number(100 * gaussian_outside(low, high, std))
    return f"{outside} % of PPO's first actions lie outside {box} and are clipped to it."


def add_box(figure: go.Figure, low: float, high: float, *, top: float, beside: bool = False, **place: int) -> None:
    """Shade the declared box and write its bounds beside its edges.

    Args:
        figure: changed in place.
        low: lower bound.
        high: upper bound.
        top: where to write, on the vertical axis.
        beside: write outside the box, because it is narrow.
        place: row and column of the panel, where there are several.
    """
    grey = COLOURS["grey"]
    figure.add_vrect(x0=low, x1=high, fillcolor=faded(grey, 0.09), line_width=0, layer="below", **place)
    for bound, anchor in ((low, "right" if beside else "left"), (high, "left" if beside else "right")):
        figure.add_vline(x=bound, line={"color": grey, "width": 2}, **place)
        note = label(f"declared bound {number(bound, 6)}", x=bound, y=top, xanchor=anchor, colour="#5A5A5A")
        figure.add_annotation(note, **place)
