"""Where the seconds of a whole study went, in total and trial by trial."""

import optuna
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tuner.analysis import summary_data, trials_data
from tuner.clock import ACCOUNTS, TRAINING_ACCOUNTS
from tuner.figures._outcomes import ACCOUNT_COLOURS, account_words
from tuner.figures._style import COLOURS, styled

BETWEEN = "between trials"
"""Time of the workers in which they had no trial: processes that start or end, and the manager's own work."""
_LEGIBLE = 0.06
"""Smaller shares of the total bar have no room for their number."""


def ledgers_data(study: optuna.Study) -> pd.DataFrame:
    """Return one row for each trial that ended and account: `number`, `account`, `seconds`.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made it.
    """
    trials = trials_data(study)
    columns = {f"ledger.{account}": account for account in ACCOUNTS}
    ended = trials.loc[trials["outcome"].notna(), ["number", *columns]].rename(columns=columns)
    data = ended.melt(id_vars="number", var_name="account", value_name="seconds").fillna({"seconds": 0.0})
    data["account"] = pd.Categorical(data["account"], list(ACCOUNTS))
    data = data.sort_values(["number", "account"], kind="stable").reset_index(drop=True)
    return data.astype({"account": "object", "number": "int64", "seconds": "float64"})


def seconds_data(study: optuna.Study) -> pd.DataFrame:
    """Return where all seconds of the workers went, one row for each account and one for the time `BETWEEN` trials.

    Columns: `account`; `seconds`; `share` of all seconds; `training`: whether it runs on the training clock. The
    time of a running trial counts as time between trials, as its ledger is not known yet.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made it.
    """
    report = summary_data(study)
    seconds = {account: report.ledger[account] for account in ACCOUNTS}
    seconds[BETWEEN] = max(0.0, report.slot_seconds - sum(seconds.values()))
    total = sum(seconds.values())
    rows = [
        (account, spent, spent / total if total > 0 else 0.0, account in TRAINING_ACCOUNTS)
        for account, spent in seconds.items()
    ]
    return pd.DataFrame(rows, columns=["account", "seconds", "share", "training"])


def ledgers_figure(data: pd.DataFrame, total: pd.DataFrame) -> go.Figure:
    """Draw `seconds_data` as one bar above `ledgers_data`, a bar for each trial.

    Args:
        data: at least one trial has seconds in its ledger.
        total: of the same study.
    """
    figure = make_subplots(rows=2, cols=1, row_heights=[0.14, 0.86], vertical_spacing=0.13)
    colours = {**ACCOUNT_COLOURS, BETWEEN: "#F2F2F2"}
    shown = set(total.loc[total["seconds"] >= 1e-3 * total["seconds"].sum(), "account"])
    for account, share in zip(total["account"], total["share"], strict=True):
        if account not in shown:
            continue
        marker = {"color": colours[account], "line": {"color": "white", "width": 0.5}}
        figure.add_bar(
            x=[share],
            y=["in total"],
            orientation="h",
            name=account if account == BETWEEN else account_words(account),
            marker=marker,
            legendgroup=account,
            text=f"{share:.0%}" if share >= _LEGIBLE else "",
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            hovertemplate=f"{account}: %{{x:.1%}}<extra></extra>",
            row=1,
            col=1,
        )
        rows = data[data["account"] == account]
        if account != BETWEEN:
            figure.add_bar(
                x=rows["number"],
                y=rows["seconds"],
                name=account,
                marker=marker,
                legendgroup=account,
                showlegend=False,
                hovertemplate=f"trial %{{x}}: {account} %{{y:.1f}} s<extra></extra>",
                row=2,
                col=1,
            )
    figure.update_layout(barmode="stack", bargap=0.18, legend_traceorder="normal", legend_y=-0.16)
    styled(
        figure,
        title="Where the seconds went",
        subtitle="Above, all time of the workers; below, trial by trial. The training clock: act, simulate, learn.",
        x="trial",
        y="seconds",
        height=600,
    )
    last = int(data["number"].max())
    figure.update_xaxes(visible=False, range=[0, 1], row=1, col=1)
    figure.update_yaxes(visible=False, row=1, col=1)
    figure.update_xaxes(range=[-0.6, last + 0.6], showgrid=False, row=2, col=1)
    if last < 1:
        figure.update_xaxes(tickvals=[0], row=2, col=1)
    figure.update_traces(textfont={"color": COLOURS["black"]}, selector={"orientation": "h"})
    return figure
