"""A squashed Gaussian stretched over the declared box, below the Gaussian of PPO in the same box."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tuner.actions import UNIT_ACTION, gaussian_outside, squashed_outside
from tuner.figures._box import add_box
from tuner.figures._densities import check_box, check_std, gaussian_density, squashed_density
from tuner.figures._style import COLOURS, faded, label, styled


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
        UserError: for a box that is infinite or has no inside, or a σ that is no number above zero.
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
    """Draw `rescaled_data`, one panel for each algorithm, as the densities differ too much for one axis."""
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
        add_box(figure, low, high, top=1.22 * top, row=row, col=1)
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
