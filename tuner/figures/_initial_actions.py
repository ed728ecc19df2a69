"""The actions that untrained policies start with: PPO's Gaussian, and SAC's, which is squashed onto the action box."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from scipy.special import ndtr, ndtri

from tuner.actions import UNIT_ACTION, gaussian_outside, squashed_outside
from tuner.figures._densities import check_box, check_std, gaussian_density, squashed_density
from tuner.figures._style import COLOURS, SERIES, faded, label, number, styled

_MARKED = (2.5, 50.0, 97.5)
"""Percentiles that are drawn."""
_EDGE = 0.9
"""Squashed actions beyond ± this value are close to a bound."""


def gaussian_data(std: float = 1.0) -> pd.DataFrame:
    """Return the initial Gaussian, one row for each of its points, in the order of actions.

    Columns: `action`, in the task's units, from −4σ to 4σ; `density`, per unit of action; `percentile`, the share of
    actions below, in percent; `std`, σ in every row. The percentiles 2.5, 50 and 97.5 are among the rows.

    Args:
        std: the standard deviation, exp(log_std_init), in the task's units.

    Raises:
        UserError: if it is not a number above zero.
    """
    check_std(std)
    marked = ndtri(np.array(_MARKED) / 100)
    scaled = np.unique(np.concatenate([np.linspace(-4, 4, 401), marked]))
    action = scaled * std
    return pd.DataFrame(
        {"action": action, "density": gaussian_density(action, std), "percentile": 100 * ndtr(scaled), "std": std}
    )


def gaussian_figure(data: pd.DataFrame) -> go.Figure:
    """Draw `gaussian_data`."""
    figure = go.Figure(
        go.Scatter(
            x=data["action"],
            y=data["density"],
            customdata=data["percentile"],
            name="density of the first actions",
            line={"color": COLOURS["blue"], "width": 3},
            fill="tozeroy",
            fillcolor=faded(COLOURS["blue"], 0.18),
            hovertemplate="action %{x:.3g}<br>%{customdata:.3g} % of the actions are below<extra></extra>",
        )
    )
    top = float(data["density"].max())
    for percentile in _MARKED:
        row = data.iloc[(data["percentile"] - percentile).abs().argmin()]
        figure.add_vline(x=row["action"], line={"color": COLOURS["black"], "width": 1.2, "dash": "dash"})
        name = "median" if percentile == 50 else f"{percentile:g}th percentile"
        figure.add_annotation(label(f"{name}<br>{number(row['action'])}", x=row["action"], y=1.13 * top))
    figure.update_yaxes(range=[0, 1.25 * top])
    figure.update_layout(showlegend=False)
    return styled(
        figure,
        title="What PPO does first: a Gaussian about zero",
        subtitle=f"σ = exp(log_std_init) = {data['std'].iloc[0]:.3g}, the same for every action, whatever the task's "
        "action box.",
        x="action [task units]",
        y="density [1 / task unit]",
    )


def box_data(low: float, high: float, std: float = 1.0) -> pd.DataFrame:
    """Return the initial Gaussian over the whole declared box, in the order of actions.

    Columns: `action`, in the task's units, over the box and at least −4σ to 4σ; `density`, per unit of action; `low`,
    `high` and `std`, the arguments, in every row.

    Args:
        low: lower bound of the box.
        high: upper bound of the box.
        std: the Gaussian's standard deviation.

    Raises:
        UserError: for a box that is infinite or empty, or a σ that is not a number above zero.
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
    _add_box(figure, low, high, top=1.12 * top, beside=span < 0.6 * (right - left))
    far = gaussian_outside(-UNIT_ACTION, UNIT_ACTION, std)
    figure.add_annotation(
        label(
            f"{100 * (1 - far):.1f} % of PPO's first actions<br>are within ±{UNIT_ACTION:g}",
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
        subtitle=_box_verdict(low, high, std),
        x="action [task units]",
        y="density [1 / task unit]",
    )


def squashed_data(std: float = 1.0) -> pd.DataFrame:
    """Return both densities over the network's own units, where the box is −1 to 1, in the order of values.

    Columns: `value`; `gaussian`, the density of u, Gaussian of mean 0; `squashed`, the density of tanh(u), which is 0
    from ±1 on; `std`, σ in every row.

    Args:
        std: standard deviation of u.

    Raises:
        UserError: if it is not a number above zero.
    """
    check_std(std)
    wide = max(1.2, 3.5 * std)
    inside = np.tanh(np.linspace(-4, 4, 801))  # dense near ±1, where the density bends most
    value = np.unique(np.concatenate([np.linspace(-wide, wide, 401), inside, [-1.0, 0.0, 1.0]]))
    return pd.DataFrame(
        {
            "value": value,
            "gaussian": gaussian_density(value, std),
            "squashed": squashed_density(value, std),
            "std": std,
        }
    )


def squashed_figure(data: pd.DataFrame) -> go.Figure:
    """Draw `squashed_data`."""
    names = {"gaussian": "Gaussian u, as PPO has it", "squashed": "squashed tanh(u), as SAC has it"}
    figure = go.Figure()
    for (column, name), (colour, dash) in zip(names.items(), SERIES, strict=False):
        figure.add_scatter(
            x=data["value"],
            y=data[column],
            name=name,
            line={"color": colour, "width": 3, "dash": dash},
            fill="tozeroy",
            fillcolor=faded(colour, 0.12),
            hovertemplate=f"{name}<br>%{{x:.3f}}: density %{{y:.3g}}<extra></extra>",
        )
    top = float(data[["gaussian", "squashed"]].to_numpy().max())
    std = float(data["std"].iloc[0])
    for bound in (-1, 1):
        figure.add_vline(x=bound, line={"color": "#5A5A5A", "width": 1.5, "dash": "dash"})
        figure.add_annotation(label(f"bound {number(bound)}", x=bound, y=1.1 * top))
    edge = 100 * squashed_outside(-1, 1, -_EDGE, _EDGE, std)
    figure.update_yaxes(range=[0, 1.2 * top])
    figure.update_layout(margin_b=110)
    return styled(
        figure,
        title="Squashed against plain",
        subtitle=f"σ = {std:.3g} for both. tanh moves what the Gaussian has in its tails to the bounds: "
        f"{edge:.3g} % of the<br>squashed actions are within a tenth of a bound.",
        x="value [network units, bounds at ±1]",
        y="density",
    )


def rescaled_data(low: float, high: float, std: float = 1.0) -> pd.DataFrame:
    """Return both densities over the declared box, in the order of actions.

    Columns: `action`, in the task's units; `gaussian`, the density of PPO's first actions, of mean 0; `rescaled`, that
    of SAC's, low + (high − low) · (tanh(u) + 1) / 2 with u Gaussian of mean 0 and the same σ, which is
    p(y) / ((high − low) / 2); `std`, the same σ in every row.

    Args:
        low: lower bound of the box.
        high: upper bound of the box.
        std: standard deviation, for PPO in the task's units, for SAC before squashing.

    Raises:
        UserError: for a box that is infinite or empty, or a σ that is not a number above zero.
    """
    check_box(low, high)
    check_std(std)
    centre, half = (low + high) / 2, (high - low) / 2
    near = np.linspace(-4, 4, 201) * std
    inside = centre + half * np.tanh(np.linspace(-4, 4, 801))
    near = near[(near >= low) & (near <= high)]
    action = np.unique(np.concatenate([near, inside, [low, high]]))
    rescaled = squashed_density((action - centre) / half, std) / half
    return pd.DataFrame({"action": action, "gaussian": gaussian_density(action, std), "rescaled": rescaled, "std": std})


def rescaled_figure(data: pd.DataFrame) -> go.Figure:
    """Draw `rescaled_data` in one panel for each algorithm, as the densities differ too much for one axis."""
    low, high, std = float(data["action"].min()), float(data["action"].max()), float(data["std"].iloc[0])
    far = (-UNIT_ACTION, UNIT_ACTION, std)
    panels = {
        "gaussian": ("PPO: Gaussian", COLOURS["blue"], 1 - gaussian_outside(*far)),
        "rescaled": ("SAC: squashed, rescaled to the box", COLOURS["vermilion"], 1 - squashed_outside(low, high, *far)),
    }
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.1)
    for row, (column, (name, colour, within)) in enumerate(panels.items(), start=1):
        figure.add_scatter(
            x=data["action"],
            y=data[column],
            name=name,
            line={"color": colour, "width": 3},
            fill="tozeroy",
            fillcolor=faded(colour, 0.2),
            hovertemplate="action %{x:.3g}: density %{y:.3g}<extra></extra>",
            row=row,
            col=1,
        )
        top = float(data[column].max())
        _add_box(figure, low, high, top=1.22 * top, row=row, col=1)
        text = f"<b>{name}</b>, σ = {std:.3g}<br>{100 * within:.3g} % within ±{UNIT_ACTION:g}"
        place = {"x": low + 0.73 * (high - low), "y": 0.72 * top if row == 1 else 0.3 * top}
        figure.add_annotation(label(text, colour=colour, **place), row=row, col=1)
        figure.update_yaxes(range=[0, 1.38 * top], row=row, col=1)
    figure.update_xaxes(range=[low - 0.03 * (high - low), high + 0.03 * (high - low)])
    figure.update_layout(showlegend=False)
    styled(
        figure,
        title="Squashed and rescaled to the declared box",
        subtitle="The same σ, two meanings: PPO's is in the task's units, SAC's is stretched with the box. The "
        "vertical axes differ.",
        x="action [task units]",
        y="density [1 / task unit]",
        height=680,
    )
    figure.update_xaxes(title_text="", row=1, col=1)
    return figure


def _box_verdict(low: float, high: float, std: float) -> str:
    box = f"a box of {number(low, 6)} to {number(high, 6)}"
    if low <= -UNIT_ACTION and high >= UNIT_ACTION:
        share = number(100 * 2 * UNIT_ACTION / (high - low))
        return f"±{UNIT_ACTION:g} is {share} % of {box}; PPO is not affected, as its Gaussian has no bounds."
    outside = number(100 * gaussian_outside(low, high, std))
    return f"{outside} % of PPO's first actions are outside {box} and are clipped to it."


def _add_box(figure: go.Figure, low: float, high: float, *, top: float, beside: bool = False, **place: int) -> None:
    """Shade the declared box and write its bounds beside its edges.

    Args:
        figure: changed in place.
        low: lower bound.
        high: upper bound.
        top: position of the text on the vertical axis.
        beside: write outside the box, because it is narrow.
        place: row and column of the panel, if there are several.
    """
    grey = COLOURS["grey"]
    figure.add_vrect(x0=low, x1=high, fillcolor=faded(grey, 0.09), line_width=0, layer="below", **place)
    for bound, anchor in ((low, "right" if beside else "left"), (high, "left" if beside else "right")):
        figure.add_vline(x=bound, line={"color": grey, "width": 2}, **place)
        note = label(f"declared bound {number(bound, 6)}", x=bound, y=top, xanchor=anchor, colour="#5A5A5A")
        figure.add_annotation(note, **place)
