"""Learning curves of several trials over the training clock, such as SAC's before and after its bounds were set."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tuner.errors import UserError
from tuner.figures._style import COLOURS, SERIES, add_target, faded, styled
from tuner.records import Tick

OTHERS = "other trials"
"""Label of a study's trials that are drawn in grey."""

_SUBTITLE = (
    "Estimated return of the policy in training; a line ends with its last estimate. Time counts collecting and "
    "learning only."
)

_COLUMNS = {
    "label": "object",
    "trial": "object",
    "clock_seconds": "float64",
    "estimate": "float64",
    "low": "float64",
    "high": "float64",
    "best": "float64",
}


def trial_curves_data(directories: Sequence[Path], labels: Sequence[str]) -> pd.DataFrame:
    """Return the curves of trial folders, one row for each tick, in the order of folders and ticks.

    Columns: `label`, of the line; folders with one label are seeds of one configuration; `trial`, the folder;
    `clock_seconds`, the training clock; `estimate`, `low`, `high`, `best`: returns, as in `Tick`, NaN if unknown.

    Args:
        directories: trial folders, each with a `curve.jsonl`.
        labels: one for each folder.

    Raises:
        UserError: if a folder has no curve, or an empty or broken one.
    """
    rows = [
        {
            "label": text,
            "trial": str(directory),
            **{name: getattr(tick, name) for name in ("clock_seconds", "estimate", "low", "high", "best")},
        }
        for directory, text in zip(directories, labels, strict=True)
        for tick in _ticks(directory)
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_COLUMNS)


def study_curves_data(curves: pd.DataFrame, trials: pd.DataFrame, *, top: int) -> pd.DataFrame:
    """Return the curves of a study's trials, with the columns of `trial_curves_data` and labels for its best trials.

    Args:
        curves: `tuner.analysis.curves_data` of the study.
        trials: `tuner.analysis.trials_data` of the study.
        top: how many of the best trials get their own label, best first. All others are called
            `OTHERS` and come first, so that they are drawn below.
    """
    with_curve = trials[trials["number"].isin(curves["number"])]
    best = with_curve.dropna(subset=["rank"]).sort_values("rank").head(top)
    names = {
        number: f"trial {number}" + (f" ({warm_start})" if isinstance(warm_start, str) else "")
        for number, warm_start in zip(best["number"].tolist(), best["warm_start"], strict=True)
    }
    rank = {number: place for place, number in enumerate(names)}
    order = curves["number"].map(lambda number: rank.get(number, -1))
    data = curves.assign(
        label=curves["number"].map(lambda number: names.get(number, OTHERS)),
        trial=curves["number"].map(lambda number: f"trial {number}"),
        order=order,
    )
    data = data.sort_values(["order", "number", "tick"], kind="stable").reset_index(drop=True)
    return data[list(_COLUMNS)].astype(_COLUMNS)


def curves_figure(
    data: pd.DataFrame,
    *,
    target: float | None = None,
    milestones: Sequence[float] = (),
    title: str = "Return over training time",
    subtitle: str = _SUBTITLE,
) -> go.Figure:
    """Draw curves: a line for each trial, one colour for each label, a band if a label has a single trial.

    If a trial has no estimate at all, as while it runs, its best return so far is drawn.

    Args:
        data: `trial_curves_data` or `study_curves_data`.
        target: the return that counts as solved.
        milestones: returns on the way to it.
        title: what is compared.
        subtitle: what a line shows; HTML line breaks are allowed.
    """
    figure = go.Figure()
    labels = list(dict.fromkeys(data["label"]))
    styles = dict(zip([text for text in labels if text != OTHERS], _styles(len(labels)), strict=False))
    for text in labels:
        rows = data[data["label"] == text]
        colour, dash = styles.get(text, (COLOURS["grey"], "solid"))
        _add_lines(figure, text, rows, colour, dash)
    if target is not None:
        add_target(figure, target, milestones)
    figure.update_xaxes(range=[0, 1.02 * float(data["clock_seconds"].max())])
    figure.update_layout(margin_b=96 + 22 * ((len(labels) + 2) // 3), showlegend=True)
    return styled(
        figure,
        title=title,
        subtitle=subtitle,
        x="training clock [s]",
        y="return",
        height=560,
    )


def _styles(count: int) -> list[tuple[str, str]]:
    """Return colour and dash of `count` lines. Colours repeat with other dashes after all have been used."""
    dashes = list(dict.fromkeys(dash for _, dash in SERIES))
    places = [(place % len(SERIES), place // len(SERIES)) for place in range(count)]
    return [(SERIES[first][0], dashes[(first + again) % len(dashes)]) for first, again in places]


def _add_lines(figure: go.Figure, text: str, rows: pd.DataFrame, colour: str, dash: str) -> None:
    trials = list(rows.groupby("trial", sort=False))
    for place, (trial, curve) in enumerate(trials):
        drawn = "best" if curve["estimate"].isna().all() else "estimate"
        shown = curve.dropna(subset=[drawn])
        if len(trials) == 1 and text != OTHERS:
            _add_band(figure, text, shown, colour)
        figure.add_scatter(
            x=shown["clock_seconds"],
            y=shown[drawn],
            name=text,
            legendgroup=text,
            showlegend=place == 0,
            mode="lines",
            line={"color": colour, "width": 1 if text == OTHERS else 2.6, "dash": dash},
            opacity=0.45 if text == OTHERS else 1,
            hovertemplate=f"{trial}<br>%{{x:.0f}} s: %{{y:.3g}}<extra></extra>",
        )


def _add_band(figure: go.Figure, text: str, curve: pd.DataFrame, colour: str) -> None:
    """Shade the estimate's interval."""
    known = curve.dropna(subset=["low", "high"])
    if known.empty:
        return
    figure.add_scatter(
        x=np.concatenate([known["clock_seconds"], known["clock_seconds"][::-1]]),
        y=np.concatenate([known["high"], known["low"][::-1]]),
        legendgroup=text,
        showlegend=False,
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=faded(colour, 0.15),
        hoverinfo="skip",
    )


def _ticks(directory: Path) -> list[Tick]:
    file = directory / "curve.jsonl"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not a text file"
        raise UserError(
            f"Cannot read {file}: {reason}. Name a trial's folder, such as runs/<study>/trial-0000, or a study."
        ) from error
    try:
        ticks = [Tick.from_json(_object(line)) for line in lines if line.strip()]
    except (ValueError, TypeError) as error:
        raise UserError(f"{file} is not a learning curve of a trial: {error}.") from error
    if not ticks:
        raise UserError(f"{file} is empty: its trial ended before its first tick, or has not reached it yet.")
    return ticks


def _object(line: str) -> dict[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError(f"a line holds {value!r} instead of a tick")
    return value
