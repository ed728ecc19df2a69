"""`tuner show`: the trials of a study, and its result."""

import shlex
from typing import Annotated

import pandas as pd
import typer
from optuna.trial import FrozenTrial

from tuner.analysis import failures_of, summary_data, task_metrics, trials_data
from tuner.cli.options import Storage, StoredStudy
from tuner.cli.printing.confirm_tables import print_confirmation
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.study_tables import print_study, print_trial, trial_records
from tuner.cli.printing.warnings import quiet_optuna, warnings_data, warnings_of
from tuner.cli.stored_studies import open_stored
from tuner.confirm import confirmation_data
from tuner.errors import UserError
from tuner.passwords import mask_passwords
from tuner.storage import attributes, outcome_of, trial_of


def show(
    study: StoredStudy,
    storage: Storage = None,
    trial: Annotated[
        int | None,
        typer.Option("--trial", metavar="N", help="Only this trial, with its message, its traceback and its agent."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the study and its trials as one JSON object.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the trials as CSV, one line each.")] = False,
) -> None:
    """Show the trials of a study and what it found.

    For every trial: its parameters, how it ended, its time to return, its return and where its seconds went; for the
    study: what failed and where, its best trial, its outcomes, the share of the workers' time that was training, and
    what was confirmed. For one trial also what its task measured, if it has metrics.
    """
    if as_json and as_csv:
        raise UserError("--json and --csv were both given. Choose one.")
    quiet_optuna()
    opened = open_stored(study, storage)
    trials, confirmation = trials_data(opened), confirmation_data(opened)
    chosen = None if trial is None else trial_of(opened, trial)
    if chosen is not None:
        trials = trials[trials["number"] == trial]
    if as_csv:
        typer.echo(trials.drop(columns="traceback").to_csv(index=False), nl=False)
    elif chosen is not None:
        _show_trial(opened.study_name, chosen, trials, as_json=as_json)
    elif as_json:
        warnings = warnings_data(warnings_of(opened))
        report = {"study": summary_data(opened).to_json(), "trials": trial_records(trials), "warnings": warnings}
        print_json({**report, "confirmation": None if confirmation is None else confirmation.to_json()})
    else:
        out, failures = console(), failures_of(opened)
        again = ["tuner", "show", study, *([] if storage is None else ["--storage", storage])]
        command = shlex.join(map(mask_passwords, again))
        print_study(out, summary_data(opened), trials, warnings_of(opened), failures=failures, show=command)
        if confirmation is not None:
            print_confirmation(out, confirmation)


def _show_trial(study: str, trial: FrozenTrial, trials: pd.DataFrame, *, as_json: bool) -> None:
    """Print one trial, of which `trials` is the row."""
    outcome = outcome_of(trial)
    metrics = task_metrics(outcome, attributes.ticks_of(trial) or [])
    if as_json:
        [record] = trial_records(trials)
        ended = None if outcome is None else outcome.to_json()
        measured = None if metrics is None else metrics.to_json()
        print_json({"study": study, "trial": record, "outcome": ended, "task_metrics": measured})
    else:
        directory = trial.user_attrs.get(attributes.SPEC, {}).get("directory")
        print_trial(console(), study, trials, outcome, directory, metrics)
