"""What a study optimised, read back from its storage."""

import optuna

from tuner.config import BudgetConfig, ObjectiveConfig
from tuner.errors import UserError
from tuner.study import config_of


def objective_and_budget(study: optuna.Study) -> tuple[ObjectiveConfig, BudgetConfig]:
    """Return objective and budget of a study's latest run.

    Raises:
        UserError: if the study was not made by this program.
    """
    config = config_of(study)
    if config is None:
        raise UserError(
            f"The study '{study.study_name}' was not made by this program, so its budget and target are not known."
        )
    return config.objective, config.budget
