"""One trial: its return over the training clock, and where its seconds went."""

import optuna
import pandas as pd
import plotly.graph_objects as go
from optuna.trial import FrozenTrial

from tuner.analysis import curves_data
from tuner.clock import ACCOUNTS, TRAINING_ACCOUNTS
from tuner.errors import UserError
from tuner.figures._outcomes import ACCOUNT_COLOURS, OUTCOMES, RUNNING
from tuner.figures._style import COLOURS, add_target, faded, styled
from tuner.storage import config_of, outcome_of

_CURVE = ("clock_seconds", "estimate", "low", "high", "best", "exploring")
_EVALUATIONS = ("clock_seconds", "mean", "standard_error")


def trial_curve_data(study: optuna.Study, trial: int) -> pd.DataFrame:
    """Return one row for each tick of a trial, in their order.

    Columns: `clock_seconds`; `estimate`, `low`, `high`, `best`, `exploring`: returns as in `Tick`, NaN if unknown.

    Args:
        study: a study of this program.
        trial: the trial's number.

    Raises:
        UserError: if another program made the study, or it has no such trial.
    """
    _frozen(study, trial)
    curves = curves_data(study)
    return curves.loc[curves["number"] == trial, list(_CURVE)].reset_index(drop=True)


def trial_evaluations_data(study: optuna.Study, trial: int) -> pd.DataFrame:
    """Return one row for each evaluation of the frozen policy: `clock_seconds`, `mean`, `standard_error` (returns).

    Args:
        study: a study.
        trial: the trial's number.

    Raises:
        UserError: if it has no such trial.
    """
    outcome = outcome_of(_frozen(study, trial))
    rows = [[evaluation.get(name) for name in _EVALUATIONS] for evaluation in (outcome.evaluations if outcome else [])]
    return pd.DataFrame(rows, columns=list(_EVALUATIONS), dtype="float64")


def trial_curve_figure(study: optuna.Study, trial: int) -> go.Figure | None:
    """Draw a trial's estimated return with its interval, and its evaluations.

    Args:
        study: a study of this program.
        trial: the trial's number.

    Returns:
        The figure; None if the trial has neither a tick with a return nor an evaluation.

    Raises:
        UserError: if another program made the study, or it has no such trial.
    """
    curve, evaluations = trial_curve_data(study, trial), trial_evaluations_data(study, trial)
    drawn = "best" if curve["estimate"].isna().all() else "estimate"
    shown = curve.dropna(subset=[drawn])
    if shown.empty and evaluations.empty:
        return None
    outcome = outcome_of(_frozen(study, trial))
    look = OUTCOMES[outcome.kind.value if outcome else RUNNING]
    figure = go.Figure()
    _add_estimate(figure, shown, drawn, look.colour)
    _add_evaluations(figure, evaluations)
    config = config_of(study)
    if config is not None and config.objective.target is not None:
        add_target(figure, config.objective.target)
    last = max([*shown["clock_seconds"], *evaluations["clock_seconds"]])
    figure.update_xaxes(range=[0, 1.03 * last])
    rule = f" ({outcome.rule})" if outcome and outcome.rule else ""
    return styled(
        figure,
        title=f"Trial {trial}: return over the training clock",
        subtitle=f"Outcome: {look.words}{rule}. Time counts collecting and learning only.",
        x="training clock [s]",
        y="return",
        height=480,
    )


def trial_ledger_data(study: optuna.Study, trial: int) -> pd.DataFrame:
    """Return one row for each account: `account`, `seconds`, `training`: whether it runs on the training clock.

    Args:
        study: a study.
        trial: the trial's number.

    Raises:
        UserError: if it has no such trial.
    """
    outcome = outcome_of(_frozen(study, trial))
    ledger = outcome.ledger if outcome else {}
    rows = [(account, float(ledger.get(account, 0.0)), account in TRAINING_ACCOUNTS) for account in ACCOUNTS]
    return pd.DataFrame(rows, columns=["account", "seconds", "training"])


def trial_ledger_figure(study: optuna.Study, trial: int) -> go.Figure | None:
    """Draw where a trial's seconds went, one bar for each account.

    Args:
        study: a study.
        trial: the trial's number.

    Returns:
        The figure; None if the trial has no ledger yet.

    Raises:
        UserError: if it has no such trial.
    """
    data = trial_ledger_data(study, trial)
    total = float(data["seconds"].sum())
    if total <= 0:
        return None
    figure = go.Figure()
    figure.add_bar(
        x=data["seconds"],
        y=data["account"],
        orientation="h",
        marker={"color": [ACCOUNT_COLOURS[account] for account in data["account"]]},
        text=[f"{seconds:.1f} s" for seconds in data["seconds"]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.2f} s<extra></extra>",
        showlegend=False,
    )
    figure.update_xaxes(range=[0, 1.15 * float(data["seconds"].max())])
    figure.update_yaxes(autorange="reversed", showgrid=False)
    training = float(data.loc[data["training"], "seconds"].sum())
    return styled(
        figure,
        title=f"Trial {trial}: where the seconds went",
        subtitle=f"{training:.1f} of {total:.1f} s were training clock: {', '.join(_on_clock())}.",
        x="seconds",
        y="",
        height=400,
    )


def _on_clock() -> list[str]:
    return [account for account in ACCOUNTS if account in TRAINING_ACCOUNTS]


def _frozen(study: optuna.Study, trial: int) -> FrozenTrial:
    trials = study.get_trials(deepcopy=False)
    if not 0 <= trial < len(trials):
        known = f"0 to {len(trials) - 1}" if trials else "none yet"
        raise UserError(f"The study '{study.study_name}' has no trial {trial}; its trials: {known}.")
    return trials[trial]


def _add_estimate(figure: go.Figure, shown: pd.DataFrame, drawn: str, colour: str) -> None:
    known = shown.dropna(subset=["low", "high"])
    if not known.empty and drawn == "estimate":
        figure.add_scatter(
            x=[*known["clock_seconds"], *known["clock_seconds"][::-1]],
            y=[*known["high"], *known["low"][::-1]],
            mode="lines",
            line={"width": 0},
            fill="toself",
            fillcolor=faded(colour, 0.18),
            hoverinfo="skip",
            name="interval",
        )
    figure.add_scatter(
        x=shown["clock_seconds"],
        y=shown[drawn],
        mode="lines+markers" if len(shown) < 2 else "lines",
        line={"color": colour, "width": 2.6},
        name="estimate" if drawn == "estimate" else "best so far",
        hovertemplate="%{x:.1f} s: %{y:.3g}<extra></extra>",
    )
    exploring = shown.dropna(subset=["exploring"])
    if not exploring.empty and not (exploring["exploring"] == exploring["estimate"]).all():
        figure.add_scatter(
            x=exploring["clock_seconds"],
            y=exploring["exploring"],
            mode="lines",
            line={"color": COLOURS["grey"], "width": 1.4, "dash": "dot"},
            name="robots that explore",
            hovertemplate="%{x:.1f} s: %{y:.3g}<extra></extra>",
        )


def _add_evaluations(figure: go.Figure, evaluations: pd.DataFrame) -> None:
    if evaluations.empty:
        return
    figure.add_scatter(
        x=evaluations["clock_seconds"],
        y=evaluations["mean"],
        error_y={"array": 2 * evaluations["standard_error"], "thickness": 1.4},
        mode="markers",
        marker={"color": COLOURS["black"], "size": 8, "symbol": "diamond"},
        name="evaluation ± 2 standard errors",
        hovertemplate="%{x:.1f} s: %{y:.3g}<extra></extra>",
    )
