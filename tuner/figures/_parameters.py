"""Optuna's parallel coordinates and parameter importances, in the style of the other figures."""

import html
import math
from collections.abc import Sequence

import optuna
import pandas as pd
import plotly.graph_objects as go
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.trial import FrozenTrial, TrialState
from optuna.visualization import plot_parallel_coordinate

from tuner.figures._outcomes import OUTCOMES, RUNNING
from tuner.figures._style import COLOURS, WIDTH, styled
from tuner.storage import config_of, outcome_kind_of

MINIMUM_TRIALS = 12
"""Importances of fewer complete trials are noise: they compare the best quarter with all, so at least three."""
_QUARTER = 0.25
_COORDINATE_PIXELS = 118
_SLANTED_FROM = 6
"""With this many parameters, their names have no room side by side."""


def searched_parameters(study: optuna.Study) -> list[str]:
    """Return the names of the parameters that take more than one value among the complete trials, sorted."""
    values: dict[str, set[str]] = {}
    for trial in _complete(study):
        for name, value in trial.params.items():
            values.setdefault(name, set()).add(repr(value))
    return sorted(name for name, found in values.items() if len(found) > 1)


def importances_data(study: optuna.Study) -> pd.DataFrame:
    """Return one row for each parameter that varies, the most important first: `parameter`, `importance` (sum 1).

    Computed with Optuna's PED-ANOVA (https://arxiv.org/abs/2304.10255): which parameters set the best quarter of the
    complete trials apart. Empty with fewer than `MINIMUM_TRIALS` complete trials, or if no parameter varies.

    Args:
        study: a study with one objective.
    """
    names = searched_parameters(study)
    if len(_complete(study)) < MINIMUM_TRIALS or not names:
        return pd.DataFrame({"parameter": [], "importance": []})
    found = optuna.importance.get_param_importances(
        study, evaluator=PedAnovaImportanceEvaluator(target_quantile=_QUARTER), params=names
    )
    known = [(name, value) for name, value in found.items() if math.isfinite(value)]
    return pd.DataFrame(known, columns=["parameter", "importance"])


def importances_figure(data: pd.DataFrame) -> go.Figure:
    """Draw `importances_data` as bars, the most important on top."""
    figure = go.Figure()
    figure.add_bar(
        x=data["importance"],
        y=[html.escape(name) for name in data["parameter"]],
        orientation="h",
        marker={"color": COLOURS["blue"]},
        text=[f"{value:.0%}" for value in data["importance"]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    figure.update_xaxes(range=[0, 1.15 * float(data["importance"].max())], tickformat=".0%")
    figure.update_yaxes(autorange="reversed", showgrid=False, automargin=True)
    return styled(
        figure,
        title="What set the best trials apart",
        subtitle="Importance of each parameter for being among the best quarter (PED-ANOVA).",
        x="share of the importance",
        y="",
        height=170 + 30 * len(data),
    )


def parallel_figure(study: optuna.Study, parameters: Sequence[str]) -> go.Figure:
    """Draw Optuna's parallel coordinates: a line for each complete trial, through its score and its parameters.

    Args:
        study: a study with one objective, with complete trials.
        parameters: the parameters to show.
    """
    config = config_of(study)
    by_time = config is None or config.objective.kind == "time_to_return"
    figure = plot_parallel_coordinate(
        study,
        params=list(parameters),
        target=None if by_time else _return_of,
        target_name="score [s]" if by_time else "return",
    )
    _colour_by_outcome(figure, study)
    figure.update_layout(title=None, legend=None)
    figure.update_annotations(bgcolor="rgba(255,255,255,0.75)", borderpad=0)
    styled(
        figure,
        title="What was tried",
        subtitle="A line for each complete trial, through its score and its parameters; the best one is thick.",
        x="",
        y="",
        height=520,
    )
    narrow = len(parameters) < _SLANTED_FROM
    names = [figure.layout.xaxis.ticktext[0], *(html.escape(name) for name in sorted(parameters))]
    figure.update_xaxes(ticktext=names, tickangle=0 if narrow else 30, showline=False, automargin=True)
    figure.update_layout(width=max(WIDTH, least_width(parameters)), showlegend=True)
    return figure


def least_width(parameters: Sequence[str]) -> int:
    """Return how wide `parallel_figure` must be to be legible, in pixels."""
    return _COORDINATE_PIXELS * (len(parameters) + 2)


def _colour_by_outcome(figure: go.Figure, study: optuna.Study) -> None:
    """Give Optuna's lines, one for each trial, the colours of the outcomes."""
    trials = _complete(study)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    figure.update_traces(marker_showscale=False, selector={"mode": "markers"})
    best = min(trials, key=lambda trial: float(trial.value or 0.0), default=None)
    seen = set()
    for trial, line in zip(trials, lines, strict=True):
        outcome = outcome_kind_of(trial) or RUNNING
        look = OUTCOMES[outcome]
        line.update(
            line={"color": look.colour, "width": 4 if trial is best else 1.6},
            opacity=1 if trial is best else 0.6,
            name=look.words,
            legendgroup=outcome,
            showlegend=outcome not in seen,
            text=f"trial {trial.number}",
            hovertemplate="%{text}<br>%{customdata[0]}: %{customdata[1]}<extra></extra>",
        )
        seen.add(outcome)


def _return_of(trial: FrozenTrial) -> float:
    return -float(trial.value) if trial.value is not None else math.nan


def _complete(study: optuna.Study) -> list[FrozenTrial]:
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return [trial for trial in trials if trial.value is not None and math.isfinite(trial.value)]
