"""Replayed studies: how good the best configuration is that each arm has found, over wall-clock time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tuner.figures._style import SERIES, faded, styled

if TYPE_CHECKING:  # figures of other things need not load what replays
    from tuner.replay import ArmResult

_POINTS = 200
_RESAMPLES = 500


def replayed_data(results: "Sequence[ArmResult]", *, budget_seconds: float) -> pd.DataFrame:
    """Return the mean true time of the incumbents over time, one row for each arm and point of the wall clock.

    Columns: `arm`; `wall_seconds`; `mean` over the studies of the true time to return of the best trial's
    configuration, the budget before there is one; `low`, `high`: its 95 % bootstrap interval.

    Args:
        results: at least one arm.
        budget_seconds: training clock of a trial.
    """
    longest = max(study.wall_seconds for result in results for study in result.studies)
    points = np.linspace(0.0, longest, _POINTS)
    rng = np.random.default_rng(0)
    frames = []
    for result in results:
        times = result.true_seconds(points.tolist(), budget_seconds)
        weights = rng.multinomial(len(times), np.full(len(times), 1 / len(times)), size=_RESAMPLES) / len(times)
        low, high = np.percentile(weights @ times, (2.5, 97.5), axis=0)
        frames.append(
            pd.DataFrame(
                {"arm": result.arm, "wall_seconds": points, "mean": times.mean(axis=0), "low": low, "high": high}
            )
        )
    return pd.concat(frames, ignore_index=True)


def replayed_figure(data: pd.DataFrame, *, subtitle: str) -> go.Figure:
    """Draw `replayed_data`: a line and a band for each arm.

    Args:
        data: at least one row.
        subtitle: what was replayed.
    """
    figure = go.Figure()
    for place, (arm, rows) in enumerate(data.groupby("arm", sort=False)):
        colour, dash = SERIES[place % len(SERIES)]
        figure.add_scatter(
            x=[*rows["wall_seconds"], *rows["wall_seconds"][::-1]],
            y=[*rows["high"], *rows["low"][::-1]],
            fill="toself",
            fillcolor=faded(colour, 0.12),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=str(arm),
        )
        figure.add_scatter(
            x=rows["wall_seconds"],
            y=rows["mean"],
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2.4},
            name=str(arm),
            legendgroup=str(arm),
            hovertemplate="%{x:.0f} s: %{y:.1f} s<extra>" + str(arm) + "</extra>",
        )
    figure.update_yaxes(rangemode="tozero")
    return styled(
        figure,
        title="Replayed: the best configuration found so far",
        subtitle=subtitle,
        x="wall clock of the study [s]",
        y="its true time to return [s]",
    )
