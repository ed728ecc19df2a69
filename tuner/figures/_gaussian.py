"""The actions that PPO starts with: a Gaussian whose σ is its `log_std_init`, whatever the action box."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from scipy.special import ndtr, ndtri

from tuner.figures._densities import check_std, gaussian_density
from tuner.figures._style import COLOURS, faded, label, number, styled

_MARKED = (2.5, 50.0, 97.5)


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
            hovertemplate="action %{x:.3g}<br>%{customdata:.3g} % of the actions lie below<extra></extra>",
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
