"""The scores of a study's trials in their order, with the best so far."""

import html

import numpy as np
import optuna
import pandas as pd
import plotly.graph_objects as go

from tuner.analysis import trials_data
from tuner.figures._outcomes import OUTCOMES
from tuner.figures._style import COLOURS, number, styled
from tuner.storage import config_of


def history_data(study: optuna.Study) -> pd.DataFrame:
    """Return one row for each trial that has a score, in the order of their numbers.

    Columns: `number`, `outcome`, `warm_start`; `score` as in Optuna, for a pruned trial when it was stopped; `best`:
    the least score of a trial that can be called the best up to this one, NaN before the first.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made the study.
    """
    trials = trials_data(study)
    scored = trials[np.isfinite(trials["score"]) & trials["outcome"].notna()]
    data: pd.DataFrame = scored[["number", "outcome", "warm_start", "score"]].reset_index(drop=True)
    data["best"] = scored["score"].where(scored["rank"].notna()).cummin().ffill().to_numpy()
    return data


def history_figure(data: pd.DataFrame, study: optuna.Study) -> go.Figure:
    """Draw `history_data`: a mark for each trial and a step line of the best so far.

    For `return_at_budget`, whose score is minus the return, returns are drawn.

    Args:
        data: at least one row.
        study: the same study, for its objective and budget.
    """
    config = config_of(study)
    by_time = config is None or config.objective.kind == "time_to_return"
    sign = 1.0 if by_time else -1.0
    figure = go.Figure()
    figure.add_scatter(
        x=data["number"],
        y=sign * data["best"],
        mode="lines",
        line={"color": COLOURS["black"], "width": 2, "shape": "hv"},
        name="best so far",
        hoverinfo="skip",
    )
    for outcome, look in OUTCOMES.items():
        rows = data[data["outcome"] == outcome]
        if rows.empty:
            continue
        figure.add_scatter(
            x=rows["number"],
            y=sign * rows["score"],
            mode="markers",
            marker={"color": look.colour, "symbol": look.symbol, "size": 10, "line": {"width": 1.8}},
            name=look.words,
            customdata=[f" ({html.escape(name)})" if isinstance(name, str) else "" for name in rows["warm_start"]],
            hovertemplate="trial %{x}%{customdata}: %{y:.4g}" + f"<br>{look.words}<extra></extra>",
        )
    if by_time and config is not None:
        _add_budget(figure, config.budget.seconds, float(data["number"].max()))
    figure.update_yaxes(range=_reach(sign * data["score"], config.budget.seconds if by_time and config else None))
    figure.update_layout(legend_y=-0.28)
    figure.update_xaxes(range=[-0.6, float(data["number"].max()) + 0.6])
    return styled(
        figure,
        title="Scores, trial by trial",
        subtitle="Lower is better: seconds to the target; above the budget, what was missing."
        if by_time
        else "Higher is better: the best return within the budget.",
        x="trial",
        y="score [s]" if by_time else "return",
        height=460,
    )


def _add_budget(figure: go.Figure, seconds: float, last: float) -> None:
    figure.add_scatter(
        x=[-0.6, last + 0.6],
        y=[seconds, seconds],
        mode="lines",
        line={"color": COLOURS["grey"], "width": 1.5, "dash": "dash"},
        name=f"budget, {number(seconds)} s: the target was reached below it",
        hoverinfo="skip",
    )


def _reach(values: pd.Series, budget: float | None) -> list[float]:
    """Return a range with all values, from zero to beyond the budget if there is one."""
    high = max([*values, *([] if budget is None else [1.15 * budget])])
    low = min(values) if budget is None else 0.0
    room = 0.06 * (high - low or 1.0)
    return [low if budget is not None else low - room, high + room]
