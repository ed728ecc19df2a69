"""Run a study from a script or a notebook."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from tuner.api._study_results import StudyResults
from tuner.cli.commands.run import run_watched
from tuner.cli.printing.warnings import quiet_optuna
from tuner.config import load_study
from tuner.storage import read_study


def run_study(
    study: str | Path, overrides: Mapping[str, Any] | None = None, *, show_progress: bool = True
) -> StudyResults:
    """Run a study, or continue one that was stopped, as `tuner run --no-confirm` does.

    Its files go to `runs/` in the working directory. Ctrl-C stops it in order: running trials are recorded as
    interrupted, and the same call goes on with them.

    Args:
        study: a study file, or the name of a bundled study.
        overrides: values that replace the file's, by their dotted path: `{"budget.trials": 12, "fixed.gamma": 0.99}`.
        show_progress: whether to print how far it is.

    Returns:
        The study's results, also if no trial reached the target.

    Raises:
        UserError: if the study file has mistakes, its study cannot be continued, or its task cannot be opened.
        TunerError: if the storage fails.
        KeyboardInterrupt: after Ctrl-C, when everything is stored.
    """
    quiet_optuna()
    config = load_study(study, [f"{path}={json.dumps(value)}" for path, value in (overrides or {}).items()])
    summary, _ = run_watched(config, Console(quiet=not show_progress))
    if summary.reason == "interrupted":
        raise KeyboardInterrupt(f"The study '{config.study}' was interrupted. The same call continues it.")
    return StudyResults(read_study(config.storage, config.study))
