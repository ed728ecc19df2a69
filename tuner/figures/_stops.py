"""Trials that were stopped early: when on the training clock, and by which rule."""

import math
from typing import Any

import optuna
import pandas as pd
import plotly.graph_objects as go

from tuner.analysis import trials_data
from tuner.figures._outcomes import OUTCOMES
from tuner.figures._style import COLOURS, label, number, styled
from tuner.records import OutcomeKind
from tuner.storage import config_of

_REACHED = OutcomeKind.REACHED.value
_COLUMNS = ["number", "rule", "clock_seconds", "best_return", "shadow", "outcome"]


def stops_data(study: optuna.Study) -> pd.DataFrame:
    """Return one row for each verdict of a pruning rule, in the order of trials.

    Columns: `number`; `rule`; `clock_seconds` of the verdict; `best_return`: of the trial at its end; `shadow`: True if
    the trial ran on to test the rule; `outcome`: how the trial ended, missing while it runs.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made it.
    """
    trials = trials_data(study)
    config = config_of(study)
    seconds_per_tick = config.budget.seconds / config.budget.ticks if config else math.nan
    pruned = trials[trials["outcome"] == OutcomeKind.PRUNED.value].assign(shadow=False)
    pruned["rule"] = pruned["rule"].fillna("unknown")
    let_run = trials[trials["shadow"].notna()].copy()
    let_run["rule"] = let_run["shadow"]
    let_run["clock_seconds"] = let_run["shadow_tick"].astype("float64") * seconds_per_tick
    let_run["shadow"] = True
    data = pd.concat([pruned[_COLUMNS], let_run[_COLUMNS]], ignore_index=True)
    return data.sort_values(["number", "clock_seconds"], kind="stable").reset_index(drop=True).astype({"shadow": bool})


def stops_figure(data: pd.DataFrame, *, budget_seconds: float, best_seconds: float | None = None) -> go.Figure:
    """Draw `stops_data`: a strip for each rule along the training clock, with a mark for each verdict.

    Args:
        data: at least one row.
        budget_seconds: where the axis ends.
        best_seconds: the best time to return, to compare with.
    """
    rules = list(dict.fromkeys(data["rule"]))
    row_of = {rule: place for place, rule in enumerate(rules)}
    figure = go.Figure()
    pruned = OUTCOMES[OutcomeKind.PRUNED.value]
    wronged = data["shadow"] & (data["outcome"] == _REACHED)
    groups = [
        ("stopped", ~data["shadow"], {"color": pruned.colour, "symbol": pruned.symbol, "line": {"width": 2}}),
        ("ran on, did not reach the target", data["shadow"] & ~wronged, _open(COLOURS["blue"], "square-open")),
        ("ran on, and reached it", wronged, _open(OUTCOMES[_REACHED].colour, "circle-open")),
    ]
    for name, chosen, marker in groups:
        rows = data[chosen]
        if rows.empty:
            continue
        figure.add_scatter(
            x=rows["clock_seconds"],
            y=[row_of[rule] + _shift(place) for place, rule in zip(rows["number"], rows["rule"], strict=True)],
            mode="markers",
            marker={"size": 11, **marker},
            name=f"{name} ({len(rows)})",
            customdata=rows[["number", "rule"]],
            hovertemplate=f"trial %{{customdata[0]}}: %{{customdata[1]}} at %{{x:.1f}} s<br>{name}<extra></extra>",
        )
    if best_seconds is not None:
        figure.add_vline(x=best_seconds, line={"color": OUTCOMES[_REACHED].colour, "width": 1.5, "dash": "dash"})
        text = f"best time to return {number(best_seconds)} s"
        near_end = best_seconds > 0.6 * budget_seconds
        figure.add_annotation(
            label(text, x=best_seconds, y=1, yref="paper", yanchor="bottom", xanchor="right" if near_end else "left")
        )
    figure.update_xaxes(range=[0, 1.02 * budget_seconds])
    figure.update_yaxes(
        tickvals=list(row_of.values()), ticktext=rules, range=[len(rules) - 0.4, -0.6], showgrid=False, automargin=True
    )
    figure.update_layout(showlegend=True, legend_y=-0.3)
    return styled(
        figure,
        title="What was stopped when, and by which rule",
        subtitle="Open marks are trials that ran on, to count wrong stops.",
        x="training clock [s]",
        y="",
        height=250 + 64 * len(rules),
    )


def _open(colour: str, symbol: str) -> dict[str, Any]:
    return {"color": colour, "symbol": symbol, "line": {"width": 2}}


def _shift(trial: int) -> float:
    """Return a small vertical shift, so that verdicts at the same time do not cover each other."""
    return 0.14 * (trial % 5 - 2)
