"""Times to return as survival times: the Kaplan–Meier curve of the share that has reached the target."""

import html
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import optuna
import pandas as pd
import plotly.graph_objects as go
import scipy  # loads scipy.stats, which is slow to import, on first use

from tuner.analysis import summary_data, trials_data
from tuner.figures._style import SERIES, faded, styled
from tuner.records import OutcomeKind

if TYPE_CHECKING:  # figures of other things need not load what confirms
    from tuner.confirm import Confirmation

ALL_TRIALS = "all trials of the study"
_COLUMNS = ("label", "seconds", "reached")
_FAULTS = frozenset({OutcomeKind.CRASHED.value, OutcomeKind.HUNG.value, OutcomeKind.INTERRUPTED.value})
"""Outcomes that say nothing about the configuration."""
_BY_THE_CLOCK = "dominated"
"""The pruner's rule that does not judge the trial's own curve."""


def confirmed_times(confirmation: "Confirmation") -> pd.DataFrame:
    """Return one row for each finished run of a confirmation, in the order of candidates and seeds.

    Columns: `label` of the candidate; `seconds`: its time to return, or the budget if it did not reach the
    target; `reached`. A run that ended in a fault counts as not reached, as it does in the restricted mean: its retries
    failed too.
    """
    budget = confirmation.budget_seconds
    rows = [
        (
            candidate.label,
            budget if run.reached_seconds is None else run.reached_seconds,
            run.reached_seconds is not None,
        )
        for candidate in confirmation.candidates
        for run in candidate.runs
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def study_times(study: optuna.Study) -> pd.DataFrame:
    """Return the times of a study's own trials, with the columns of `confirmed_times`.

    A trial that was stopped early counts as not having reached the target within the budget. It was stopped because it
    was not expected to, so censoring it at that moment would make the result look better than it is. The rule
    `dominated` is different: it looks only at the clock. A faster trial had been found, and it is unknown whether this
    one would have reached the target later. Such a trial is censored when it was stopped.

    Args:
        study: a study of this program.

    Raises:
        UserError: if another program made it.
    """
    trials = trials_data(study)
    ended = trials[trials["outcome"].notna() & ~trials["outcome"].isin(_FAULTS)]
    reached = ended["time_to_return"].notna()
    budget = summary_data(study).budget_seconds
    lost = ended["clock_seconds"].where(ended["rule"] == _BY_THE_CLOCK, budget)
    return pd.DataFrame(
        {"label": ALL_TRIALS, "seconds": ended["time_to_return"].fillna(lost), "reached": reached}
    ).reset_index(drop=True)


def reaching_data(times: pd.DataFrame) -> pd.DataFrame:
    """Return the Kaplan–Meier estimate of the share that has reached the target, label by label, in their order.

    Columns: `label`; `seconds`: 0, and every time at which a run reached the target or was censored; `share` that has
    reached it by then; `low`, `high`: its 95 % interval (log–log, Kalbfleisch and Prentice), NaN where it is not
    defined, that is before the first and after the last; `runs`: how many the label has.

    Args:
        times: as `confirmed_times` returns them; times not reached are right-censored.
    """
    parts = [_estimate(str(text), rows) for text, rows in times.groupby("label", sort=False)]
    columns = ["label", "seconds", "share", "low", "high", "runs"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _estimate(text: str, rows: pd.DataFrame) -> pd.DataFrame:
    reached = rows["reached"].to_numpy(dtype=bool)
    seconds = rows["seconds"].to_numpy(dtype=float)
    estimate = scipy.stats.ecdf(scipy.stats.CensoredData(uncensored=seconds[reached], right=seconds[~reached])).cdf
    low: npt.NDArray[np.float64] = np.full(len(estimate.quantiles), np.nan)
    high = low
    if len(rows) > 1 and reached.any():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "The confidence interval is undefined", RuntimeWarning)
            interval: Any = estimate.confidence_interval(confidence_level=0.95, method="log-log")
        low, high = interval.low.probabilities, interval.high.probabilities
    return pd.DataFrame(
        {
            "label": text,
            "seconds": [0.0, *estimate.quantiles],
            "share": [0.0, *estimate.probabilities],
            "low": [np.nan, *low],
            "high": [np.nan, *high],
            "runs": len(rows),
        }
    )


def reaching_figure(data: pd.DataFrame, *, budget_seconds: float, runs: str = "seeds") -> go.Figure:
    """Draw `reaching_data`: a rising stair for each label, with its interval.

    Args:
        data: at least one label.
        budget_seconds: where the horizontal axis ends.
        runs: what the curves count: seeds or trials.
    """
    figure = go.Figure()
    labels: Sequence[str] = list(dict.fromkeys(data["label"]))
    for place, text in enumerate(labels):
        rows = data[data["label"] == text]
        colour, dash = SERIES[place % len(SERIES)]
        if len(labels) <= _BANDS:
            _add_band(figure, rows, colour, text, budget_seconds)
        figure.add_scatter(
            x=[*rows["seconds"], budget_seconds],
            y=[*rows["share"], rows["share"].iloc[-1]],
            mode="lines",
            line={"color": colour, "dash": dash, "width": 2.8, "shape": "hv"},
            name=f"{html.escape(text)} ({rows['runs'].iloc[0]} {runs})",
            legendgroup=text,
            hovertemplate="%{x:.1f} s: %{y:.0%}<extra>" + html.escape(text) + "</extra>",
        )
    figure.update_xaxes(range=[0, 1.01 * budget_seconds])
    figure.update_yaxes(range=[-0.02, 1.04], tickformat=".0%")
    figure.update_layout(showlegend=True)
    return styled(
        figure,
        title="Share of runs that reached the target over time",
        subtitle=f"Kaplan–Meier estimate with its 95 % interval; {runs} that did not reach the target are censored.",
        x="training clock [s]",
        y=f"share of {runs} at the target",
        height=480,
    )


_BANDS = 4
"""With more curves than this, intervals hide each other."""


def _add_band(figure: go.Figure, rows: pd.DataFrame, colour: str, text: str, budget_seconds: float) -> None:
    """Shade the interval, each step of it until the next time."""
    until = rows["seconds"].shift(-1).fillna(budget_seconds)
    known = rows.assign(until=until).dropna(subset=["low", "high"])
    if known.empty:
        return
    x = known[["seconds", "until"]].to_numpy().ravel()
    low, high = np.repeat(known["low"].to_numpy(), 2), np.repeat(known["high"].to_numpy(), 2)
    figure.add_scatter(
        x=[*x, *x[::-1]],
        y=[*high, *low[::-1]],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(colour, 0.14),
        legendgroup=text,
        showlegend=False,
        hoverinfo="skip",
    )
