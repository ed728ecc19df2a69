"""A squashed Gaussian, as SAC has it, against the plain Gaussian of PPO."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tuner.actions import squashed_outside
from tuner.figures._densities import check_std, gaussian_density, squashed_density
from tuner.figures._style import SERIES, faded, label, number, styled

_EDGE = 0.9
"""Squashed actions beyond ± this are close to a bound."""


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
    inside = np.tanh(np.linspace(-4, 4, 801))  # dense towards ±1, where the density bends most
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
        f"{edge:.3g} % of the<br>squashed actions lie within a tenth of a bound.",
        x="value [network units, bounds at ±1]",
        y="density",
    )
