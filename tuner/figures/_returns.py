"""Returns over the training clock of all trials of a study, coloured by how they ended."""

import numpy as np
import optuna
import pandas as pd
import plotly.graph_objects as go

from tuner.analysis import curves_data, trials_data
from tuner.figures._outcomes import OUTCOMES, RUNNING
from tuner.figures._style import add_target, styled

_LOWEST_SHARE = 0.1
"""Share of the returns that may be below the axis, as returns of untrained policies can be far below all others."""

_COLUMNS = {
    "number": "int64",
    "outcome": "object",
    "clock_seconds": "float64",
    "return": "float64",
    "end": "bool",
    "top": "bool",
}


def returns_data(study: optuna.Study, *, top: int = 0) -> pd.DataFrame:
    """Return the curves of a study's trials, one row for each tick that has a return and one for each trial's end.

    Columns: `number`; `outcome`, `running` for a trial without one; `clock_seconds`; `return`: the estimate, or for a
    trial without any estimate its best return; `end`: True in the last row of a trial that ended, which is at its time
    to return or its last second, with its final return, or the last one that is known; `top`: whether it is among the
    `top` best trials.

    Args:
        study: a study of this program.
        top: how many of the best trials are marked.

    Raises:
        UserError: if another program made the study.
    """
    curves, trials = curves_data(study), trials_data(study)
    best = set(trials.dropna(subset=["rank"]).sort_values("rank").head(top)["number"])
    estimated = curves.groupby("number")["estimate"].transform("count") > 0
    ticks, ends = curves.assign(end=False), trials.assign(end=True)
    ticks["return"] = curves["estimate"].where(estimated, curves["best"])
    last = ticks.dropna(subset=["return"]).groupby("number")["return"].last()
    ends["return"] = trials["final_return"].fillna(trials["number"].map(last))
    ends["clock_seconds"] = trials["time_to_return"].fillna(trials["clock_seconds"])
    ends = ends[ends["outcome"].notna()]
    rows = pd.concat([ticks[[*_COLUMNS][:-1]], ends[[*_COLUMNS][:-1]]], ignore_index=True).dropna(subset=["return"])
    rows["outcome"] = rows["outcome"].fillna(RUNNING)
    rows["top"] = rows["number"].isin(best)
    rows = rows.sort_values(["number", "end", "clock_seconds"], kind="stable").reset_index(drop=True)
    return rows.astype(_COLUMNS)


def returns_figure(data: pd.DataFrame, *, target: float | None = None) -> go.Figure:
    """Draw `returns_data`: for each trial a line that ends in the mark of its outcome. The best ones are thick.

    Args:
        data: at least one row.
        target: the return that counts as solved.
    """
    figure = go.Figure()
    for outcome, look in reversed(list(OUTCOMES.items())):
        rows = data[data["outcome"] == outcome]
        for is_top in (False, True):
            _add_lines(figure, rows[rows["top"] == is_top], outcome, is_top=is_top)
        ends = rows[rows["end"]]
        if not rows.empty:
            figure.add_scatter(
                x=ends["clock_seconds"] if len(ends) else [None],
                y=ends["return"] if len(ends) else [None],
                customdata=ends["number"],
                mode="markers",
                marker={"color": look.colour, "symbol": look.symbol, "size": 9, "line": {"width": 1.6}},
                name=f"{look.words} ({rows['number'].nunique()})",
                legendgroup=outcome,
                legendrank=1000 - len(figure.data),
                hovertemplate=f"trial %{{customdata}}, {look.words}<br>%{{x:.1f}} s: %{{y:.3g}}<extra></extra>",
            )
    if target is not None:
        add_target(figure, target)
    known = [*data["return"], *([] if target is None else [target])]
    low, high = _reach(known)
    room = 0.06 * (high - low or 1.0)
    figure.update_xaxes(range=[0, 1.03 * float(data["clock_seconds"].max())])
    figure.update_yaxes(range=[low - room, high + 1.5 * room])
    return styled(
        figure,
        title="Return over the training clock, every trial",
        subtitle="Each line is a trial, each mark its end; thick lines are the best. Time counts collecting and "
        "learning only.",
        x="training clock [s]",
        y="return",
        height=540,
    )


def _reach(returns: list[float]) -> tuple[float, float]:
    """Return the least and the greatest return to show, without very low ones that would take half of the space."""
    lowest, low, high = min(returns), float(np.quantile(returns, _LOWEST_SHARE)), max(returns)
    return (low if high - lowest > 2 * (high - low) else lowest), high


def _add_lines(figure: go.Figure, rows: pd.DataFrame, outcome: str, *, is_top: bool) -> None:
    """Add the trials as one line with gaps, as one trace for each of hundreds of trials would be slow."""
    if rows.empty:
        return
    look = OUTCOMES[outcome]
    gap = pd.DataFrame({"clock_seconds": [np.nan], "return": [np.nan]})
    parts = [
        part for _, trial in rows.groupby("number") for part in (trial, gap.assign(number=trial["number"].iloc[0]))
    ]
    drawn = pd.concat(parts, ignore_index=True)
    figure.add_scatter(
        x=drawn["clock_seconds"],
        y=drawn["return"],
        customdata=drawn["number"],
        mode="lines",
        line={"color": look.colour, "dash": look.dash, "width": 3 if is_top else 1.3},
        opacity=1 if is_top else 0.5,
        legendgroup=outcome,
        showlegend=False,
        hovertemplate="trial %{customdata}<br>%{x:.1f} s: %{y:.3g}<extra></extra>",
    )
