"""All data of the page, read once."""

from dataclasses import dataclass
from typing import Any

import optuna
import pandas as pd

from tuner.analysis import StudyReport, TaskMetrics, summary_data, task_metrics, trials_data
from tuner.config import StudyConfig
from tuner.confirm import Candidate, Confirmation, confirmation_data
from tuner.records import Outcome
from tuner.storage import outcome_of, own_config_of, ticks_of


@dataclass(frozen=True)
class Source:
    """A study as it is stored."""

    study: optuna.Study
    config: StudyConfig
    summary: StudyReport
    trials: pd.DataFrame
    """As `tuner.analysis.trials_data` returns them."""
    confirmation: Confirmation | None
    top: int
    """How many of the best trials are highlighted."""

    @property
    def ended(self) -> pd.DataFrame:
        """The rows of the trials that ended."""
        return self.trials[self.trials["outcome"].notna()]

    @property
    def winner(self) -> Candidate | None:
        """The confirmed winner, unless the study has changed since."""
        if self.confirmation is None or self.confirmation.outdated:
            return None
        return self.confirmation.winner

    def outcome(self, number: int) -> Outcome | None:
        """Return how a trial ended."""
        return outcome_of(self.study.get_trials(deepcopy=False)[number])

    def metrics(self, number: int | None) -> TaskMetrics | None:
        """Return what the task measured last in a trial; None if it has no metrics, or there is no such trial."""
        if number is None:
            return None
        trial = self.study.get_trials(deepcopy=False)[number]
        return task_metrics(outcome_of(trial), ticks_of(trial) or [])

    def params(self, number: int) -> dict[str, Any]:
        """Return a trial's parameters of the search space."""
        return dict(self.study.get_trials(deepcopy=False)[number].params)


def read_source(study: optuna.Study, *, top: int) -> Source:
    """Read a study for its page.

    Raises:
        UserError: if there is no study file in the study, as in another program's.
    """
    return Source(study, own_config_of(study), summary_data(study), trials_data(study), confirmation_data(study), top)
