"""The result of a confirmation: each candidate's times on fresh seeds, and its time in the study."""

import html
from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go

from tuner.figures._outcomes import OUTCOMES
from tuner.figures._style import COLOURS, faded, label, number, styled
from tuner.records import OutcomeKind

if TYPE_CHECKING:  # figures of other things need not load what confirms
    from tuner.confirm import Confirmation

_COLUMNS = ["label", "mean", "low", "high", "promised", "success_rate", "runs", "winner", "dropped"]


def confirmed_data(confirmation: "Confirmation") -> pd.DataFrame:
    """Return one row for each candidate with a finished run, best first, the reference last.

    Columns: `label`; `mean`, `low`, `high`: restricted mean time to return and its bootstrap interval, NaN if there is
    none; `promised`: the candidate's time to return in the study; `success_rate`; `runs`; `winner`; `dropped`: why
    it got no more seeds.
    """
    rows = [
        (
            candidate.label,
            candidate.mean_seconds.value,
            candidate.mean_seconds.low,
            candidate.mean_seconds.high,
            candidate.promised_seconds,
            candidate.success_rate,
            len(candidate.runs),
            candidate is confirmation.winner or candidate == confirmation.winner,
            candidate.dropped,
        )
        for candidate in confirmation.candidates
        if candidate.runs
    ]
    numbers = dict.fromkeys(["mean", "low", "high", "promised", "success_rate"], "float64")
    return pd.DataFrame(rows, columns=_COLUMNS).astype(numbers)


def confirmed_figure(data: pd.DataFrame, times: pd.DataFrame, *, budget_seconds: float) -> go.Figure:
    """Draw `confirmed_data`: a row for each candidate with its seeds, its mean and interval, and its time in the study.

    Args:
        data: at least one candidate.
        times: `confirmed_times` of the same confirmation.
        budget_seconds: the longest possible time.
    """
    row_of = {text: place for place, text in enumerate(data["label"])}
    figure = go.Figure()
    green = OUTCOMES[OutcomeKind.REACHED.value].colour
    seeds = times[times["label"].isin(row_of)]
    figure.add_scatter(
        x=seeds["seconds"],
        y=[row_of[text] + 0.2 for text in seeds["label"]],
        mode="markers",
        marker={
            "color": [faded(COLOURS["blue"], 0.55) if reached else COLOURS["grey"] for reached in seeds["reached"]],
            "symbol": ["circle" if reached else "circle-open" for reached in seeds["reached"]],
            "size": 8,
        },
        name="a seed (open: not within the budget)",
        hovertemplate="%{x:.1f} s<extra></extra>",
    )
    for is_winner, name in ((True, "winner: mean and interval"), (False, "mean and interval")):
        rows = data[data["winner"] == is_winner]
        if rows.empty:
            continue
        figure.add_scatter(
            x=rows["mean"],
            y=[row_of[text] for text in rows["label"]],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": (rows["high"] - rows["mean"]).fillna(0.0),
                "arrayminus": (rows["mean"] - rows["low"]).fillna(0.0),
                "thickness": 2.4,
                "width": 6,
            },
            mode="markers",
            marker={"size": 13, "color": green if is_winner else COLOURS["blue"]},
            name=name,
            hovertemplate="mean %{x:.1f} s<extra></extra>",
        )
    promised = data.dropna(subset=["promised"])
    if not promised.empty:
        figure.add_scatter(
            x=promised["promised"],
            y=[row_of[text] for text in promised["label"]],
            mode="markers",
            marker={"symbol": "diamond-open", "size": 12, "color": COLOURS["vermilion"], "line": {"width": 2}},
            name="promised by the study",
            hovertemplate="promised %{x:.1f} s<extra></extra>",
        )
    figure.add_vline(x=budget_seconds, line={"color": COLOURS["grey"], "width": 1.5, "dash": "dash"})
    note = f"budget {number(budget_seconds)} s"
    figure.add_annotation(label(note, x=budget_seconds, y=1, yref="paper", xanchor="right", yanchor="bottom"))
    figure.update_xaxes(range=[0, 1.03 * budget_seconds])
    figure.update_yaxes(
        tickvals=list(row_of.values()),
        ticktext=[html.escape(text) for text in row_of],
        range=[len(row_of) - 0.4, -0.6],
        showgrid=False,
        automargin=True,
    )
    figure.update_layout(showlegend=True, legend_y=-0.28)
    return styled(
        figure,
        title="Promised and given",
        subtitle="Time to return on fresh seeds: restricted mean with its bootstrap interval.",
        x="training clock [s]",
        y="",
        height=260 + 64 * len(row_of),
    )
