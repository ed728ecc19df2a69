"""`tuner show`: the trials of a study, and its result."""

from typing import Annotated

import typer

from tuner.analysis import summary_data, trials_data
from tuner.cli.options import Storage, StoredStudy
from tuner.cli.printing.confirm_tables import print_confirmation
from tuner.cli.printing.output import console, print_json
from tuner.cli.printing.study_tables import print_study, trial_records
from tuner.cli.printing.warnings import quiet_optuna, warnings_data, warnings_of
from tuner.cli.stored_studies import open_stored
from tuner.confirm import confirmation_data
from tuner.errors import UserError


def show(
    study: StoredStudy,
    storage: Storage = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the study and its trials as one JSON object.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the trials as CSV, one line each.")] = False,
) -> None:
    """Show the trials of a study and what it found.

    For every trial: its parameters, how it ended, its time to return, its return and where its seconds went; for the
    study: its best trial, its outcomes, the share of the workers' time that was training, and what was confirmed.
    """
    if as_json and as_csv:
        raise UserError("--json and --csv were both given. Choose one.")
    quiet_optuna()
    opened = open_stored(study, storage)
    trials, confirmation = trials_data(opened), confirmation_data(opened)
    if as_csv:
        typer.echo(trials.to_csv(index=False), nl=False)
    elif as_json:
        warnings = warnings_data(warnings_of(opened))
        report = {"study": summary_data(opened).to_json(), "trials": trial_records(trials), "warnings": warnings}
        print_json({**report, "confirmation": None if confirmation is None else confirmation.to_json()})
    else:
        out = console()
        print_study(out, summary_data(opened), trials, warnings_of(opened))
        if confirmation is not None:
            print_confirmation(out, confirmation)
