"""What a study has found, for a script or a notebook."""

from pathlib import Path

import optuna
import pandas as pd

from tuner.analysis import BestConfiguration, StudyReport, curves_data, summary_data, trials_data
from tuner.cli.stored_studies import open_stored
from tuner.confirm import Confirmation, confirmation_data
from tuner.errors import UserError
from tuner.export import ExportedConfiguration, configuration_of
from tuner.policies import Policy


class StudyResults:
    """The results of a study, read from its storage each time, so that they follow a study that is running.

    Args:
        study: the study as Optuna has it, with what this package stores in it.
    """

    def __init__(self, study: optuna.Study) -> None:
        self.study = study

    def __repr__(self) -> str:
        report = self.report
        return f"StudyResults({report.study!r}: {report.finished} of {report.trials} trials)"

    @property
    def trials(self) -> pd.DataFrame:
        """One row for each trial; see `tuner.analysis.trials_data` for the columns."""
        return trials_data(self.study)

    @property
    def curves(self) -> pd.DataFrame:
        """One row for each tick of each trial; see `tuner.analysis.curves_data` for the columns."""
        return curves_data(self.study)

    @property
    def report(self) -> StudyReport:
        """How trials ended, where the time went, and the best configuration."""
        return summary_data(self.study)

    @property
    def best(self) -> BestConfiguration | None:
        """The best trial, by `tuner.storage.ranking`, with its parameters and agent; None before one has a return."""
        return self.report.best

    @property
    def confirmation(self) -> Confirmation | None:
        """What `tuner confirm` has found on fresh seeds; None if the study was never confirmed."""
        return confirmation_data(self.study)

    def configuration(self, trial: int | None = None) -> ExportedConfiguration:
        """Return everything that is needed to train again, with where it comes from, as `tuner export` writes it.

        Args:
            trial: a trial; None for the confirmed winner or, if there is none, the best trial.

        Raises:
            UserError: if there is no such trial, or none that has an agent.
        """
        return configuration_of(self.study, trial).configuration

    def policy(self, trial: int | None = None) -> Policy:
        """Load a trained policy.

        Args:
            trial: a trial; None for the confirmed winner's fastest run or, if there is none, the best trial.

        Raises:
            UserError: if there is no such trial, or its files are not on this machine.
        """
        folder = configuration_of(self.study, trial).folder
        if folder is None:
            raise UserError("No files were kept of this trial. Name another one.")
        return Policy.load(folder)


def open_study(study: str | Path, storage: str | None = None) -> StudyResults:
    """Open a study that has been run, or is running.

    Args:
        study: a study file, a bundled study's name, or a study's name in the storage.
        storage: SQLAlchemy URL; None takes the study file's, or `sqlite:///runs/tuner.db`.

    Raises:
        UserError: if there is no such study, or no such storage.
        TunerError: if the storage fails.
    """
    return StudyResults(open_stored(str(study), storage))
